import type { FileIoData } from '../../../profile/data/storage-data.js';
import { bytesText } from '../../format/units.js';
import { column, table, text, type Cell, type Section } from '../markup.js';
import { counted, sized, timed } from '../figures.js';
import type { ReportContext } from '../report-context.js';

const COLUMNS = [
  column('File'), column('Reads', true), column('Read', true), column('Read, 95 %', true), column('Writes', true), column('Written', true),
  column('Write, 95 %', true), column('Syncs', true), column('Sync, 95 %', true), column('Size', true),
];

/** Input and output by file. */
export function filesSection({ data: { io = [] } }: ReportContext): Section {
  const sorted = [...io].sort((a, b) => b.bytesRead + b.bytesWritten - (a.bytesRead + a.bytesWritten));
  const most = Math.max(...io.map((file) => Math.max(file.bytesRead, file.bytesWritten)), 1);
  const bar = (bytes: number): Cell => ({ markup: `${text(bytesText(bytes))}<i class="meter" style="width:${Math.round(bytes / most * 100)}%"></i>`, sort: bytes });
  const name = (file: FileIoData): Cell => ({ markup: `${text(file.file)}${file.kind === undefined ? '' : ` <small>${text(file.kind)}</small>`}` });
  const rows = sorted.map((file): Cell[] => [
    name(file), counted(file.reads), bar(file.bytesRead), timed(file.readNs?.p95), counted(file.writes), bar(file.bytesWritten),
    timed(file.writeNs?.p95), counted(file.syncs), timed(file.syncNs?.p95), sized(file.sizeBytes),
  ]);
  return { id: 'io', title: 'Files', lead: 'What went through each file; times are those up to which 95 % of the calls took.', body: scrolled(table(COLUMNS, rows)) };
}

/** A wide table may be moved sideways in its place, never the page. */
export function scrolled(markup: string): string { return markup === '' ? '' : `<div class="scroll">${markup}</div>`; }
