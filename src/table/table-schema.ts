import { assertSchemaObject } from '../arguments.js';
import { displayNames, FieldstoneError, shortFieldNames, visibleFields, type DbfLayout, type FieldSpec, type WritableDialect } from '#storage';
import type { TableEntry } from '#txn';
import type { TableSchema } from './field-types.js';

/** The schema as the file layer wants it. Names longer than the dialect's ten characters are shortened. */
export function fieldSpecs(schema: TableSchema, dialect: WritableDialect): FieldSpec[] {
  assertSchemaObject(schema);
  const names = Object.keys(schema);
  const short = shortFieldNames(names);
  return names.map((name, i) => {
    const type = schema[name];
    if (typeof type !== 'object' || type === null || typeof type.type !== 'string') {
      throw new FieldstoneError('SCHEMA', `field "${name}" needs a type such as char(30) or date()`, { field: name });
    }
    const length = type.type === 'M' ? memoWidth(dialect) : type.length;
    return {
      name: short[i] ?? name, type: type.type, length, decimals: type.decimals, nullable: type.nullable, binary: type.binary,
      ...(type.autoIncrement === undefined ? {} : { autoIncrement: type.autoIncrement }),
    };
  });
}

function memoWidth(dialect: WritableDialect): number { return dialect === 'vfp' ? 4 : 10; }

/** Declared names where they say more than the header does. */
export function declaredNames(schema: TableSchema, layout: DbfLayout): readonly string[] | undefined {
  const names = Object.keys(schema);
  const visible = visibleFields(layout);
  return names.every((name, i) => name === visible[i]?.name) ? undefined : names;
}

/** Fields whose values come back as bigint or text, by header name. */
export function declaredTypes(schema: TableSchema, layout: DbfLayout): Readonly<Record<string, string>> | undefined {
  const types: Record<string, string> = {};
  const visible = visibleFields(layout);
  Object.values(schema).forEach((type, i) => {
    const field = visible[i];
    if (field !== undefined && type.as !== 'number') types[field.name] = type.as;
  });
  return Object.keys(types).length === 0 ? undefined : types;
}

/** The name of each field for rows: as declared when the catalog remembers it and it still fits the header. */
export function namesOf(layout: DbfLayout, entry: TableEntry): readonly string[] {
  return namesFor(layout, entry.facts?.fieldNames);
}

/** The same by the names that were declared. */
export function namesFor(layout: DbfLayout, declared: readonly string[] | undefined): readonly string[] {
  const header = displayNames(layout);
  if (declared === undefined || declared.length !== header.length) return header;
  const short = shortFieldNames(declared);
  const fits = short.every((name, i) => name.toUpperCase() === header[i]?.toUpperCase());
  return fits ? declared : header;
}

/** Result types: the handle's own schema first, else what the catalog remembers. */
export function resultTypes(layout: DbfLayout, entry: TableEntry, schema: TableSchema | undefined): ReadonlyMap<string, 'bigint' | 'string'> {
  return typesFor(schema === undefined ? entry.facts?.fieldTypes : declaredTypes(schema, layout));
}

/** Declared result types by header name. */
export function typesFor(declared: Readonly<Record<string, string>> | undefined): ReadonlyMap<string, 'bigint' | 'string'> {
  const types = new Map<string, 'bigint' | 'string'>();
  for (const [name, type] of Object.entries(declared ?? {})) if (type === 'bigint' || type === 'string') types.set(name, type);
  return types;
}

/** SCHEMA unless the declared fields are those of the header, in order. */
export function assertSchemaFits(schema: TableSchema, layout: DbfLayout, entry: TableEntry): void {
  const names = Object.keys(schema);
  const fields = visibleFields(layout);
  const display = namesOf(layout, entry);
  const refuse = (why: string, field?: string): never => {
    throw new FieldstoneError('SCHEMA', `the declared schema does not fit table "${entry.name}": ${why}`, {
      table: entry.name, ...(field === undefined ? {} : { field }),
    });
  };
  if (names.length !== fields.length) refuse(`${names.length} fields are declared, the table has ${fields.length}: ${display.join(', ')}`);
  names.forEach((name, i) => {
    const declared = schema[name];
    const actual = fields[i];
    if (declared === undefined || actual === undefined) return;
    if (name.toLowerCase() !== display[i]?.toLowerCase()) refuse(`field ${i + 1} is "${display[i] ?? ''}", not "${name}"`, name);
    const sameType = declared.type === actual.type || ('NF'.includes(declared.type) && 'NF'.includes(actual.type));
    const sameLength = declared.type === 'M' || declared.type === 'W' || declared.length === actual.length;
    if (!sameType || !sameLength || ('NF'.includes(actual.type) && declared.decimals !== actual.decimals)) {
      refuse(`field "${name}" is ${describe(actual)} in the file, declared as ${describe(declared)}`, name);
    }
  });
}

function describe(f: { readonly type: string; readonly length: number; readonly decimals: number }): string {
  return `${f.type}(${f.length}${f.decimals > 0 ? `,${f.decimals}` : ''})`;
}
