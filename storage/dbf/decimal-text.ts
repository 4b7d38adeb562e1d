/** The shortest decimal text without exponent that gives `value` again. */
export function decimalDigits(value: number): string {
  const text = String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', first = '', fraction = '', exponent = '0'] = parts;
  const digits = first + fraction;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.slice(0, point).padEnd(point, '0')}${digits.length > point ? `.${digits.slice(point)}` : ''}`;
}

function increment(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '9') end--;
  const zeros = '0'.repeat(digits.length - end);
  if (end === 0) return `1${zeros}`;
  return `${digits.slice(0, end - 1)}${Number(digits[end - 1]) + 1}${zeros}`;
}

/**
 * A decimal text as digits with `decimals` of them after the point: rounded half away from zero, without leading
 * zeros, and never negative when it is zero.
 */
export function scaledDigits(text: string, decimals: number): { negative: boolean; digits: string } {
  const negative = text.startsWith('-');
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.', 2);
  const kept = whole + fraction.slice(0, decimals).padEnd(decimals, '0');
  const rounded = (fraction[decimals] ?? '0') >= '5' ? increment(kept) : kept;
  const digits = rounded.replace(/^0+(?=\d)/, '');
  return { negative: negative && digits !== '0', digits: digits === '' ? '0' : digits };
}
