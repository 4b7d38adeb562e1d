// Control characters, marks that turn the direction of text, invisible joiners, separators of lines, halves of surrogate
// pairs, and what XML 1.0 forbids: nothing that a name holds may move a cursor, hide itself or break a document.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;' };

/**
 * Text with every character that cannot be seen written as an escape.
 *
 * @example
 * visibleText('a\u001b[2J'); // 'a\\x1b[2J'
 */
export function visibleText(text: string): string {
  return text.replace(UNSAFE, (char) => {
    const code = char.charCodeAt(0);
    return SHORT[char] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`);
  });
}

/** Text for HTML, SVG and XML, between tags and inside quoted attributes. */
export function escapeMarkup(text: string): string { return visibleText(text).replace(/[&<>"']/g, (char) => MARKUP[char] ?? char); }

/** JSON that may stand inside a script element. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u007f-\u009f\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Cut to `length` characters, with an ellipsis in the middle where something is missing. */
export function clipMiddle(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`;
}
