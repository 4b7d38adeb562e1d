import { codePage, FieldstoneError } from '#storage';
import type { Knob, KnobName, NumberKnob } from './knobs.js';

/** What a knob can hold once it is resolved. */
export type KnobValue = number | string | boolean | undefined;

const UNITS: Record<'size' | 'duration', Readonly<Record<string, number>>> = {
  size: { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, tb: 1024 ** 4 },
  duration: { ms: 1, s: 1000, min: 60_000, h: 3_600_000 },
};
const NUMBER_TEXT = /^\s*(\d{1,18}(?:\.\d{1,18})?)\s*([a-z]{0,3})\s*$/i;
/** Longest piece of a wrong value that an error repeats. */
const SHOWN_CHARS = 40;

/**
 * Checks a value given in code and brings it to its unit.
 * @throws FieldstoneError OPTION with the range.
 */
export function optionValue(name: KnobName, knob: Knob, given: unknown): KnobValue {
  return checked(name, knob, given, name);
}

/**
 * The same for the text of an environment variable, where numbers and booleans are text.
 * @throws FieldstoneError OPTION with the range.
 */
export function environmentValue(name: KnobName, knob: Knob, text: string, variable: string): KnobValue {
  const given = text.trim();
  if (knob.kind === 'boolean') return checked(name, knob, ENVIRONMENT_BOOLEANS.get(given.toLowerCase()) ?? given, variable);
  if (knob.kind === 'ratio' || knob.kind === 'count') return checked(name, knob, NUMBER_TEXT.test(given) ? Number(given) : given, variable);
  return checked(name, knob, given, variable);
}

const ENVIRONMENT_BOOLEANS: ReadonlyMap<string, boolean> = new Map([['true', true], ['1', true], ['false', false], ['0', false]]);

function checked(name: KnobName, knob: Knob, given: unknown, calledAs: string): KnobValue {
  if (knob.kind === 'boolean') {
    if (typeof given === 'boolean') return given;
  } else if (knob.kind === 'enum') {
    if (typeof given === 'string' && knob.choices.includes(given)) return given;
  } else if (knob.kind === 'encoding') {
    if (typeof given === 'string' && given !== '') return codePage(given).name;
  } else {
    const n = asNumber(knob, given);
    if (n !== undefined && inRange(knob, n)) return n;
  }
  throw new FieldstoneError('OPTION', `${calledAs} must be ${describeRange(knob)}, got ${shown(given)}`, { option: name });
}

function asNumber(knob: NumberKnob, given: unknown): number | undefined {
  if (typeof given === 'number') return given;
  if (typeof given !== 'string' || (knob.kind !== 'size' && knob.kind !== 'duration')) return undefined;
  const [, digits, unit = ''] = NUMBER_TEXT.exec(given) ?? [];
  if (digits === undefined) return undefined;
  const factor = unit === '' ? 1 : UNITS[knob.kind][unit.toLowerCase()];
  return factor === undefined ? undefined : Number(digits) * factor;
}

function inRange(knob: NumberKnob, n: number): boolean {
  if (!(n >= knob.min && n <= knob.max)) return false;
  if (knob.kind !== 'ratio' && !Number.isSafeInteger(n)) return false;
  return knob.powerOfTwo !== true || Number.isInteger(Math.log2(n));
}

/** The values a knob takes, in words: `a size from 64kb to 1tb`. */
export function describeRange(knob: Knob): string {
  switch (knob.kind) {
    case 'boolean': return 'true or false';
    case 'enum': return knob.choices.map((choice) => `'${choice}'`).join(', ');
    case 'encoding': return 'the name of a code page, for example \'cp1252\'';
    case 'ratio': return `a number from ${knob.min} to ${knob.max}`;
    case 'count': return `a whole number from ${knob.min} to ${knob.max}`;
    case 'size': return `${knob.powerOfTwo === true ? 'a power of two' : 'whole bytes (number, or text such as \'64mb\')'} `
      + `from ${showValue(knob, knob.min)} to ${showValue(knob, knob.max)}`;
    case 'duration': return `whole milliseconds (number, or text such as '10s') from ${showValue(knob, knob.min)} to ${showValue(knob, knob.max)}`;
  }
}

/** A value as a user would write it: `64mb`, `10s`, `true`; `not set` for none. */
export function showValue(knob: Knob, value: KnobValue): string {
  if (value === undefined) return 'not set';
  if (typeof value !== 'number' || (knob.kind !== 'size' && knob.kind !== 'duration')) return String(value);
  if (value === 0) return '0';
  const [unit, factor] = Object.entries(UNITS[knob.kind]).filter(([, size]) => value % size === 0).at(-1) ?? ['', 1];
  return `${value / factor}${unit}`;
}

/** A wrong value for the text of an error: short, on one line, and read without running code of the value. */
function shown(given: unknown): string {
  if (typeof given === 'string') {
    return JSON.stringify(given.length > SHOWN_CHARS ? `${given.slice(0, SHOWN_CHARS)}...` : given);
  }
  if (given === null) return 'null';
  if (Array.isArray(given)) return 'an array';
  return typeof given === 'object' || typeof given === 'function' || typeof given === 'symbol' ? `a value of type ${typeof given}` : String(given);
}
