import { ArgumentTypeError, FieldstoneError, nearestNames } from '#storage';

/** A value as an error message shows it; never throws, whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/** Throws unless the options are an object (or left out) with known names only. */
export function assertOptions(options: unknown, known: readonly string[], what: string): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ArgumentTypeError('OPTION', `the options of ${what} are an object with ${known.join(', ')}; got ${shown(options)}`);
  }
  for (const key in options) if (!known.includes(key)) throw unknownOption(key, known, what); // no list of keys: this stands before every call
}

function unknownOption(key: string, known: readonly string[], what: string): FieldstoneError {
  const near = nearestNames(key, known);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${known.join(', ')}`;
  return new FieldstoneError('OPTION', `unknown option ${shown(key)} of ${what}; ${hint}`, { option: key.slice(0, 64) });
}

export function assertFunction(value: unknown, what: string): void {
  if (typeof value !== 'function') throw new ArgumentTypeError('VALUE', `${what} is a function, got ${shown(value)}`);
}

/** The name that a handle or a string stands for. */
export function nameOf(ref: unknown): string {
  const name: unknown = typeof ref === 'object' && ref !== null && 'name' in ref ? ref.name : ref;
  if (typeof name !== 'string') throw new ArgumentTypeError('NAME', `a table is named by its handle or its name, got ${shown(ref)}`);
  return name;
}

/** AbortSignal or nothing. */
export function assertSignal(signal: unknown): void {
  if (signal === undefined || (typeof signal === 'object' && signal !== null && 'aborted' in signal)) return;
  throw new ArgumentTypeError('OPTION', `signal is an AbortSignal, got ${shown(signal)}`);
}

/** A schema: field names and their types. */
export function assertSchemaObject(schema: unknown): void {
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return;
  throw new FieldstoneError('SCHEMA', `a schema is an object such as { name: char(30), born: date() }, got ${shown(schema)}`);
}
