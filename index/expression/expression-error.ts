import { FieldstoneError } from '#storage';

/** Not well formed. */
export function syntaxError(text: string, at: number, problem: string): FieldstoneError {
  return new FieldstoneError('QUERY', `expression ${quoted(text)}, character ${at + 1}: ${problem}`, { details: { position: at + 1 } });
}

/** Well formed, but nothing that keys are made of here. */
export function unsupported(text: string, at: number, problem: string): FieldstoneError {
  return new FieldstoneError('UNSUPPORTED', `expression ${quoted(text)}, character ${at + 1}: ${problem}`, { details: { position: at + 1 } });
}

function quoted(text: string): string { return `'${text.length > 120 ? `${text.slice(0, 120)}…` : text}'`; }
