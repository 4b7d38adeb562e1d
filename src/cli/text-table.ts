/** A column of a table for people. */
export interface TextColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** Text as it may stand on a terminal: control characters as blanks, so that no file can move the cursor. */
export function plainText(text: string): string { return text.replace(CONTROL, ' '); }

/** Cut to `width` characters, with an ellipsis where something is missing. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Lines with aligned columns, titles first. */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((c, i) => rows.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), c.title.length));
  const line = (cells: readonly string[]): string => cells.map((cell, i) => (
    columns[i]?.align === 'right' ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)
  )).join('  ').trimEnd();
  return `${[line(columns.map((c) => c.title)), ...rows.map(line)].join('\n')}\n`;
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** 1536 as `1.5 KB`. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}

/** 1234567 as `1,234,567`. */
export function countText(n: number): string { return n.toLocaleString('en-US'); }

/** `1 table`, `2 tables`. */
export function countOf(n: number, noun: string): string { return `${countText(n)} ${noun}${n === 1 ? '' : 's'}`; }
