// The rows that all table benches load: C, N, D and L fields, 72 bytes in the file.
import { char, date, logical, numeric } from '../../dist/src/main.js';

const DAY_MS = 86_400_000;
const CITIES = ['Amsterdam', 'Bergen', 'Cork', 'Dresden', 'Espoo', 'Ferrara', 'Ghent', 'Helsinki'];

export const SCHEMA = { name: char(28), city: char(16), id: numeric(10), amount: numeric(12, 2), born: date(), active: logical() };

/** A fixed stream of 31-bit numbers: every subject sees the same. */
export function numbers(seed) {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 1;
  };
}

export function* rows(count) {
  const next = numbers(42);
  for (let i = 0; i < count; i++) {
    const n = next();
    yield {
      name: `Customer ${i}`, city: CITIES[n & 7], id: i, amount: (n % 1_000_000) / 100, born: new Date((n % 20_000) * DAY_MS), active: (n & 16) !== 0,
    };
  }
}
