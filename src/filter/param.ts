import { ArgumentTypeError } from '#storage';
import { shown } from '../arguments.js';

/** A place in a prepared filter that gets its value when the query runs. Made by param(). */
export class Param {
  readonly name: string;

  /** @internal */
  constructor(name: string) { this.name = name; }
}

/**
 * A named value of a prepared query. It may stand wherever an operator takes a value, for the whole list of `$in`, `$nin` and
 * `$all`, or for an element of it. Throws a TypeError (QUERY) when the name is no text.
 *
 * @example
 * const q = people.prepare({ salary: { $gt: param('min') } });
 * q.run({ min: 5 }).toArray();
 */
export function param(name: string): Param {
  if (typeof name !== 'string' || name === '') throw new ArgumentTypeError('QUERY', `the name of a parameter is text, got ${shown(name)}`);
  return new Param(name);
}
