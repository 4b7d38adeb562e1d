import { codePage, FieldstoneError, nearestNames, type DbfField, type DbfLayout } from '#storage';
import { DATE_FUNCTIONS } from './date-functions.js';
import { julianDay } from './days.js';
import { unsupported, syntaxError } from './expression-error.js';
import { fieldValue } from './field-value.js';
import type { FunctionForm } from './function-type.js';
import { caseChange } from './letter-case.js';
import { NUMBER_FUNCTIONS } from './number-functions.js';
import { binaryValue, inverted, negated } from './operators.js';
import { OTHER_FUNCTIONS } from './other-functions.js';
import { parseExpression } from './parser.js';
import { fieldsOf, type Syntax } from './syntax.js';
import { TEXT_FUNCTIONS } from './text-functions.js';
import { constantNumber, logicalValue, MAX_TEXT_BYTES, textValue, type CompileContext, type Value } from './value.js';

const FUNCTIONS: Readonly<Record<string, FunctionForm>> = { ...TEXT_FUNCTIONS, ...NUMBER_FUNCTIONS, ...DATE_FUNCTIONS, ...OTHER_FUNCTIONS };
const NAMES = Object.keys(FUNCTIONS);
/** Function names may be cut to this many letters. */
const SHORT_NAME = 4;
/** Their value changes without the row. */
const VOLATILE = new Set(['DATE', 'DATETIME', 'TIME', 'SECONDS', 'TODAY', 'NOW']);
/** Field names of a header have at most as many letters. */
const NAME_LETTERS = 10;
/** Names that would be the same when cut get a number instead of their last letters. */
const NUMBER_AT_END = /\d+$/;

/** What an expression is compiled for. */
export interface CompileOptions {
  readonly layout: DbfLayout;
  /** Whose rules hold where they differ: default width of STR, trimming, accented letters. Default: what the table's layout says. */
  readonly dialect?: 'foxpro' | 'clipper' | 'dbase' | undefined;
  /** Name of the table: prefixes with another name are refused. Default: every prefix is accepted. */
  readonly alias?: string | undefined;
  /** Long names of fields, upper case, to names of the header (tables of a Visual FoxPro database). */
  readonly longNames?: ReadonlyMap<string, string> | undefined;
  /** SET DATE of the program that made the index. Default `mdy`. */
  readonly dateOrder?: 'mdy' | 'dmy' | 'ymd' | undefined;
}

/** An expression ready to be evaluated row by row. */
export interface CompiledExpression {
  readonly value: Value;
  /** The fields that it reads. */
  readonly fields: readonly DbfField[];
  /** Set when it is one field and nothing else. */
  readonly onlyField: DbfField | undefined;
  /** It changes when a row is deleted or recalled. */
  readonly usesDeleted: boolean;
}

/**
 * Compiles a key or FOR expression to closures over the bytes of a record: parsed once, no text is made per row.
 *
 * @throws FieldstoneError QUERY when it is not well formed or types do not agree; NOT_FOUND for an unknown field; UNSUPPORTED for functions that are not known,
 * foreign aliases, values that change by themselves (DATE()) and fields that no key is made of; LIMIT for texts that grow too long
 * @example
 * const { value } = compileExpression('UPPER(NAME)+DTOS(BORN)', { layout });
 * if (value.type === 'C') length = value.text({ bytes, start: 0, recno: 1 }, out, 0);
 */
export function compileExpression(text: string, options: CompileOptions): CompiledExpression {
  return compileSyntax(text, parseExpression(text), options);
}

/** The same for an expression that is parsed already; `text` is for errors. */
export function compileSyntax(text: string, syntax: Syntax, options: CompileOptions): CompiledExpression {
  const compiler = new Compiler(text, options);
  const value = compiler.value(syntax);
  const fields = fieldsOf(syntax).flatMap((name) => compiler.find(name) ?? []);
  return { value, fields, onlyField: syntax.kind === 'field' ? fields[0] : undefined, usesDeleted: calls(syntax, 'DELETED') };
}

/** The dialect whose rules a table suggests. */
export function expressionDialect(layout: DbfLayout): 'foxpro' | 'clipper' | 'dbase' {
  if (layout.dialect === 'foxpro2' || layout.dialect === 'vfp') return 'foxpro';
  return layout.dialect === 'clipper' || layout.dialect === 'flagship' ? 'clipper' : 'dbase';
}

function calls(syntax: Syntax, name: string): boolean {
  switch (syntax.kind) {
    case 'call': return formName(syntax.name) === name || syntax.args.some((arg) => calls(arg, name));
    case 'unary': return calls(syntax.operand, name);
    case 'binary': return calls(syntax.left, name) || calls(syntax.right, name);
    case 'text': case 'number': case 'logical': case 'date': case 'null': case 'field': return false;
  }
}

/** The full name of a function; undefined for one that is not known. */
function formName(name: string): string | undefined {
  if (Object.hasOwn(FUNCTIONS, name)) return name;
  return name.length < SHORT_NAME ? undefined : NAMES.find((known) => known.startsWith(name));
}

class Compiler {
  readonly #text: string;
  readonly #options: CompileOptions;
  readonly #context: CompileContext;

  constructor(text: string, options: CompileOptions) {
    this.#text = text;
    this.#options = options;
    const dialect = options.dialect ?? expressionDialect(options.layout);
    const { encoding } = options.layout;
    this.#context = {
      dialect, dateOrder: options.dateOrder ?? 'mdy', field: (name) => this.find(name),
      upper: caseChange(encoding, true, dialect === 'clipper'), lower: caseChange(encoding, false, dialect === 'clipper'),
    };
  }

  /** `memos`: a memo field may stand here. */
  value(syntax: Syntax, memos = false): Value {
    const value = this.#made(syntax);
    if (!memos && value.type === 'C' && value.memoIsEmpty !== undefined) throw unsupported(this.#text, syntax.at, 'the text of a memo field is no key');
    if (value.type === 'C' && value.length > MAX_TEXT_BYTES) {
      throw new FieldstoneError('LIMIT', `expression, character ${syntax.at + 1}: a text of ${value.length} bytes; ${MAX_TEXT_BYTES} are possible`);
    }
    return value;
  }

  #made(syntax: Syntax): Value {
    switch (syntax.kind) {
      case 'text': {
        const bytes = Buffer.from(syntax.value, 'latin1');
        return textValue(bytes.length, (_, out, at) => bytes.copy(out, at), false);
      }
      case 'number': return constantNumber(syntax.value, syntax.decimals > 0 ? 10 + syntax.decimals + 1 : 10, syntax.decimals);
      case 'logical': {
        const value = syntax.value ? 1 : 0;
        return logicalValue(() => value, false);
      }
      case 'date': {
        const day = julianDay(syntax.year, syntax.month, syntax.day);
        return { type: 'D', number: () => day, mayBeNull: false };
      }
      case 'null': return logicalValue(() => 2, true);
      case 'field': return this.#field(syntax.name, syntax.alias, syntax.at);
      case 'call': return this.#call(syntax.name, syntax.args, syntax.at);
      case 'unary': {
        const operand = this.value(syntax.operand);
        return (syntax.operator === '-' ? negated(operand) : inverted(operand)) ?? this.#mismatch(syntax.operator, syntax.at);
      }
      case 'binary': {
        const made = binaryValue(syntax.operator, this.value(syntax.left), this.value(syntax.right), this.#context.dialect);
        return made ?? this.#mismatch(syntax.operator, syntax.at);
      }
    }
  }

  #mismatch(what: string, at: number): never { throw syntaxError(this.#text, at, `${what} does not take values of these types`); }

  #field(name: string, alias: string | undefined, at: number): Value {
    const own = this.#options.alias;
    if (alias !== undefined && own !== undefined && alias.toUpperCase() !== own.toUpperCase()) throw unsupported(this.#text, at, `${alias} is another table`);
    const field = this.find(name);
    if (field === undefined) {
      const near = nearestNames(name, this.#options.layout.fields.map((one) => one.name));
      const hint = near.length > 0 ? `; nearest: ${near.join(', ')}` : '';
      throw new FieldstoneError('NOT_FOUND', `expression '${this.#text.slice(0, 120)}': there is no field ${name}${hint}`, { field: name });
    }
    const value = fieldValue(this.#options.layout, field);
    if (value === undefined) throw unsupported(this.#text, at, `field ${field.name} of type ${field.type} is no key`);
    return value;
  }

  /** A field by its name, by its long name, or by a long name that begins like exactly one field with a name of full length. */
  find(given: string): DbfField | undefined {
    const { layout, longNames } = this.#options;
    const name = given.toUpperCase();
    const known = [name, longNames?.get(name), decoded(given, layout.encoding)];
    const found = layout.fields.find((field) => known.includes(field.name.toUpperCase()));
    if (found !== undefined || name.length <= NAME_LETTERS) return found;
    const cut = layout.fields.filter((field) => field.name.length === NAME_LETTERS && name.startsWith(field.name.toUpperCase().replace(NUMBER_AT_END, '')));
    return cut.length === 1 ? cut[0] : undefined;
  }

  #call(given: string, args: readonly Syntax[], at: number): Value {
    if (VOLATILE.has(given)) throw unsupported(this.#text, at, `${given}() changes by itself, so it is no key`);
    const name = formName(given);
    const form = name === undefined ? undefined : FUNCTIONS[name];
    if (form === undefined) throw unsupported(this.#text, at, `the function ${given}() is not known`);
    if (args.length < form.least || args.length > form.most) throw syntaxError(this.#text, at, `${given}() does not take ${args.length} values`);
    const made = form.make(args.map((arg) => this.value(arg, name === 'EMPTY')), this.#context);
    return made ?? this.#mismatch(`${given}()`, at);
  }
}

/** Text of an index file are bytes as Latin-1; field names are read with the table's code page. */
function decoded(name: string, encoding: string): string {
  const bytes = Buffer.from(name, 'latin1');
  return codePage(encoding).decode(bytes, 0, bytes.length).toUpperCase();
}
