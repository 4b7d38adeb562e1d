import { escapeMarkup } from '../format/escape.js';

/** Markup that is safe as it stands: made by these helpers, names in it escaped. */
export type Markup = string;

/** Text as markup. */
export function text(value: string): Markup { return escapeMarkup(value); }

/** A cell of a table: text, or markup, or text with a number to sort by. */
export type Cell = string | { readonly markup: Markup; readonly sort?: number } | { readonly text: string; readonly sort: number };

/** A column: its title, and whether it holds figures (set to the right). */
export interface Column {
  readonly title: string;
  readonly figures?: boolean;
}

/** `column('Reads', true)`. */
export function column(title: string, figures = false): Column { return { title, figures }; }

/** A table that can be sorted by a click on a title; on a narrow screen each row is a card, its first cell the heading. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], caption = ''): Markup {
  if (rows.length === 0) return '';
  const head = columns.map(({ title, figures }) => (
    `<th scope="col"${figures === true ? ' class="n"' : ''}><button type="button">${text(title)}</button></th>`
  )).join('');
  const body = rows.map((row) => `<tr>${row.map((cell, i) => cellMarkup(cell, columns[i], i)).join('')}</tr>`).join('\n');
  return `<table>${caption === '' ? '' : `<caption>${text(caption)}</caption>`}<thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`;
}

function cellMarkup(cell: Cell, of: Column | undefined, place: number): Markup {
  const inner = typeof cell === 'string' ? text(cell) : 'markup' in cell ? cell.markup : text(cell.text);
  const sort = typeof cell === 'string' || cell.sort === undefined ? '' : ` data-v="${cell.sort}"`;
  const name = place === 0 ? ' scope="row"' : ` data-l="${text(of?.title ?? '')}"`;
  const tag = place === 0 ? 'th' : 'td';
  return `<${tag}${of?.figures === true ? ' class="n"' : ''}${name}${sort}>${inner}</${tag}>`;
}

/** A figure for a table: written by `show`, sorted by its value; empty when unknown. */
export function figure(value: number | undefined, show: (value: number) => string): Cell {
  return value === undefined ? { text: '', sort: -1 } : { text: show(value), sort: value };
}

/** Single figures side by side, each with its name above it; unknown ones are left out. */
export function facts(items: readonly (readonly [name: string, value: string | undefined])[]): Markup {
  const shown = items.flatMap(([name, value]) => (value === undefined ? [] : [`<div><dt>${text(name)}</dt><dd>${text(value)}</dd></div>`]));
  return shown.length === 0 ? '' : `<dl class="card facts2">${shown.join('')}</dl>`;
}

/** A part of the page with a heading and a place for links. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** One sentence below the heading. */
  readonly lead?: string;
  readonly body: Markup;
}

/** A heading inside a section, with what follows; nothing when that is empty. */
export function part(title: string, body: Markup, note = ''): Markup {
  return body === '' ? '' : `<div class="part"><h3>${text(title)}</h3>${note === '' ? '' : `<p class="note">${text(note)}</p>`}${body}</div>`;
}

/** Figures side by side where there is room. */
export function grid(items: readonly Markup[], kind = ''): Markup {
  const shown = items.filter((item) => item !== '');
  return shown.length === 0 ? '' : `<div class="grid${kind === '' ? '' : ` ${kind}`}">${shown.join('\n')}</div>`;
}
