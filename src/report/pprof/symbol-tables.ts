import type { CallFrameData } from '../../profile/data/v8-data.js';
import { visibleText } from '../format/escape.js';
import { ProtoWriter } from './proto-writer.js';

const FUNCTION = { id: 1, name: 2, systemName: 3, fileName: 4, startLine: 5 };
const LOCATION = { id: 1, mappingId: 2, line: 4 };
const LINE = { functionId: 1, line: 2 };

/** Numbers the texts of a pprof profile; number 0 is the empty one. */
export class StringTable {
  readonly #numbers = new Map<string, number>([['', 0]]);

  of(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  get all(): Iterable<string> { return this.#numbers.keys(); }
}

/** The functions and places of a pprof profile, each written once. */
export class SymbolTables {
  readonly functions: Uint8Array[] = [];
  readonly locations: Uint8Array[] = [];
  readonly #strings: StringTable;
  readonly #functionIds = new Map<string, number>();
  readonly #locationIds = new Map<string, number>();

  constructor(strings: StringTable) { this.#strings = strings; }

  /** The id of a place: a line of a function. `line` counts from 1; the line where the function begins when left out. */
  location(frame: CallFrameData, line = Math.max(0, frame.lineNumber + 1)): number {
    const functionId = this.#function(frame);
    const key = `${functionId}:${line}`;
    const known = this.#locationIds.get(key);
    if (known !== undefined) return known;
    const id = this.#locationIds.size + 1;
    this.#locationIds.set(key, id);
    const lineMessage = new ProtoWriter().number(LINE.functionId, functionId).number(LINE.line, line).finish();
    this.locations.push(new ProtoWriter().number(LOCATION.id, id).number(LOCATION.mappingId, 1).bytes(LOCATION.line, lineMessage).finish());
    return id;
  }

  #function(frame: CallFrameData): number {
    const key = `${frame.functionName}\u0000${frame.url}\u0000${frame.lineNumber}`;
    const known = this.#functionIds.get(key);
    if (known !== undefined) return known;
    const id = this.#functionIds.size + 1;
    this.#functionIds.set(key, id);
    const name = this.#strings.of(frame.functionName === '' ? '(anonymous)' : visibleText(frame.functionName));
    this.functions.push(new ProtoWriter()
      .number(FUNCTION.id, id).number(FUNCTION.name, name).number(FUNCTION.systemName, name)
      .number(FUNCTION.fileName, this.#strings.of(sourcePath(frame.url)))
      .number(FUNCTION.startLine, Math.max(0, frame.lineNumber + 1)).finish());
    return id;
  }
}

/** `/app/a b.js` for `file:///app/a%20b.js`, so that readers find the source; other URLs as they are. */
function sourcePath(url: string): string {
  if (!url.startsWith('file://')) return visibleText(url);
  try {
    return visibleText(decodeURIComponent(new URL(url).pathname));
  } catch {
    return visibleText(url.slice('file://'.length));
  }
}
