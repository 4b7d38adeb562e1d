import { valueText } from '../export/write-records.js';
import type { ViewField, ViewRow } from './open-target.js';
import { clip, plainText } from './text-table.js';

const MAX_CELL_CHARS = 40;
const WIDTHS: Readonly<Record<string, number>> = { D: 10, T: 19, '@': 19, L: 5, I: 11, B: 16, Y: 16, M: MAX_CELL_CHARS, W: MAX_CELL_CHARS, G: MAX_CELL_CHARS, P: MAX_CELL_CHARS };

function widthOf(field: ViewField): number {
  return Math.max(field.name.length, Math.min(MAX_CELL_CHARS, WIDTHS[field.type] ?? field.length));
}

function isNumber(field: ViewField): boolean { return 'NFIBY+O'.includes(field.type); }

/** Lines of cells whose widths follow from the fields, so that nothing has to be read ahead. */
export function lineMaker(fields: readonly ViewField[], recnoWidth: number): { readonly titles: string; line(row: ViewRow): string } {
  const widths = fields.map(widthOf);
  const titles = [`${'#'.padStart(recnoWidth)} `, ...fields.map((f, i) => (isNumber(f) ? f.name.padStart(widths[i] ?? 0) : f.name.padEnd(widths[i] ?? 0)))];
  return {
    titles: `${titles.join('  ').trimEnd()}\n`,
    line(row) {
      const cells = fields.map((field, i) => {
        const text = clip(plainText(valueText(field.type, row[field.name])), widths[i] ?? 0);
        return isNumber(field) ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0);
      });
      return `${[`${String(row.$recno).padStart(recnoWidth)}${row.$deleted ? '*' : ' '}`, ...cells].join('  ').trimEnd()}\n`;
    },
  };
}
