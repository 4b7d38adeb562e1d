import { FieldstoneError } from '../base/errors.js';
import { nearestNames } from '../base/nearest.js';
import type { DbfField, DbfLayout } from './dbf-types.js';

/** The fields that users see: all but `_NullFlags` and other system fields. */
export function visibleFields(layout: Pick<DbfLayout, 'fields'>): DbfField[] { return layout.fields.filter((f) => !f.hidden); }

/**
 * A name for each visible field that no other has: the header's, `FIELD_3` for a field without a name, `NAME_2` for
 * the second one called NAME.
 */
export function displayNames(layout: Pick<DbfLayout, 'fields'>): string[] {
  const fields = visibleFields(layout);
  const inHeader = new Set(fields.map((field) => field.name.toUpperCase()));
  const taken = new Set<string>();
  return fields.map((field, i) => {
    const base = field.name === '' ? `FIELD_${i + 1}` : field.name;
    let name = base;
    for (let n = 2; taken.has(name.toUpperCase()) || (name !== field.name && inHeader.has(name.toUpperCase())); n++) name = `${base}_${n}`;
    taken.add(name.toUpperCase());
    return name;
  });
}

/** Finds visible fields by name without regard to case: by the display names first, then by those of the header. */
export class FieldIndex {
  readonly names: readonly string[];
  readonly fields: readonly DbfField[];
  readonly #places = new Map<string, number>();

  constructor(layout: Pick<DbfLayout, 'fields'>, names: readonly string[] = displayNames(layout)) {
    this.fields = visibleFields(layout);
    this.names = names;
    if (names.length !== this.fields.length) {
      throw new FieldstoneError('SCHEMA', `${names.length} names were given for ${this.fields.length} fields`);
    }
    for (const [i, name] of names.entries()) this.#claim(name, i);
    for (const [i, field] of this.fields.entries()) this.#claim(field.name, i);
  }

  #claim(name: string, place: number): void {
    const folded = name.toUpperCase();
    if (!this.#places.has(folded)) this.#places.set(folded, place);
  }

  /** Position among the visible fields; throws NOT_FOUND with the nearest names. */
  place(name: string): number {
    const place = this.#places.get(name.toUpperCase());
    if (place !== undefined) return place;
    const near = nearestNames(name, this.names);
    const hint = near.length > 0 ? `; nearest: ${near.join(', ')}` : '';
    throw new FieldstoneError('NOT_FOUND', `no field "${name.slice(0, 64)}"${hint}`, { field: name });
  }

  has(name: string): boolean { return this.#places.has(name.toUpperCase()); }
}
