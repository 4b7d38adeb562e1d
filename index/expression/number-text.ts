const POWERS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
/** Digits beyond these are noise of the double. */
const DIGITS = 16;
const SAFE = 1e12;
const BLANK = 0x20;
const ZERO = 0x30;

/**
 * Writes STR(value, width, decimals): right-aligned, rounded half away from zero on the decimal digits. What does not fit becomes asterisks; with
 * `shrinks` (FoxPro) decimals are given up first.
 */
export function writeNumber(value: number, width: number, decimals: number, shrinks: boolean, out: Buffer, at: number): void {
  if (width <= 0) return;
  let kept = decimals > 0 ? Math.min(decimals, width) : 0;
  for (;;) {
    if (Number.isFinite(value) && writeRounded(value, width, kept, out, at)) return;
    if (!shrinks || kept === 0) break;
    kept--;
  }
  out.fill(0x2a, at, at + width);
}

/** False, with anything written, when it does not fit. */
function writeRounded(value: number, width: number, decimals: number, out: Buffer, at: number): boolean {
  const magnitude = Math.abs(value);
  const scaled = magnitude * (POWERS[decimals] ?? Infinity);
  const whole = Math.floor(scaled);
  // Near a half the digits decide, not the double.
  const isClear = scaled < SAFE && Math.abs(scaled - whole - 0.5) > 1e-3;
  return isClear ? writeInteger(scaled - whole > 0.5 ? whole + 1 : whole, value < 0, width, decimals, out, at)
    : writeDigits(roundedDigits(magnitude, decimals), value < 0, width, decimals, out, at);
}

/** The digits of `scaled`, the last `decimals` of them behind a point. */
function writeInteger(scaled: number, negative: boolean, width: number, decimals: number, out: Buffer, at: number): boolean {
  let rest = scaled;
  let i = at + width - 1;
  for (let digit = 0; rest > 0 || digit <= decimals; digit++) {
    if (digit === decimals && decimals > 0) {
      if (i < at) return false;
      out[i--] = 0x2e;
    }
    if (i < at) return false;
    const next = Math.floor(rest / 10);
    out[i--] = ZERO + (rest - next * 10);
    rest = next;
  }
  if (negative && scaled > 0) {
    if (i < at) return false;
    out[i--] = 0x2d;
  }
  while (i >= at) out[i--] = BLANK;
  return true;
}

function writeDigits(digits: string, negative: boolean, width: number, decimals: number, out: Buffer, at: number): boolean {
  const padded = digits.padStart(decimals + 1, '0');
  const point = padded.length - decimals;
  const sign = negative && /[1-9]/.test(padded) ? '-' : '';
  const text = `${sign}${padded.slice(0, point)}${decimals > 0 ? '.' : ''}${padded.slice(point)}`;
  if (text.length > width) return false;
  out.write(text.padStart(width), at, 'latin1');
  return true;
}

/** magnitude x 10^decimals as a whole number in digits, rounded half up on 16 significant ones. */
function roundedDigits(magnitude: number, decimals: number): string {
  const [mantissa = '0', exponent = '0'] = magnitude.toExponential(DIGITS - 1).split('e');
  const digits = mantissa.replace('.', '');
  const kept = Number(exponent) + 1 + decimals;
  if (kept >= digits.length) return digits.padEnd(kept, '0');
  if (kept < 0) return '0';
  const rounded = BigInt(digits.slice(0, kept) || '0') + ((digits[kept] ?? '0') >= '5' ? 1n : 0n);
  return rounded.toString();
}

/** The nearest number with so many decimals (negative: tens, hundreds), half away from zero. */
export function roundTo(value: number, decimals: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  if (decimals < 0) {
    const unit = 10 ** Math.min(-decimals, 300);
    return Math.sign(value) * Math.round(Math.abs(value) / unit) * unit;
  }
  const digits = roundedDigits(Math.abs(value), Math.min(decimals, 30)).padStart(decimals + 1, '0');
  const point = digits.length - Math.min(decimals, 30);
  return Math.sign(value) * Number(`${digits.slice(0, point)}.${digits.slice(point)}`);
}

/** VAL(): blanks, a sign, digits, one point; what follows does not count. */
export function numberIn(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to && (bytes[i] === BLANK || bytes[i] === 0x09)) i++;
  const start = i;
  if (bytes[i] === 0x2d || bytes[i] === 0x2b) i++;
  let points = 0;
  while (i < to && (isDigit(bytes[i] ?? 0) || (bytes[i] === 0x2e && points++ === 0))) i++;
  const value = Number(Buffer.from(bytes.subarray(start, i)).toString('latin1'));
  return Number.isFinite(value) ? value + 0 : 0;
}

function isDigit(byte: number): boolean { return byte >= ZERO && byte <= 0x39; }
