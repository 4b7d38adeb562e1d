/** n by place: `fox/10007` is the row with the key 10007 of table fox. */
export type State = ReadonlyMap<string, number>;
/** undefined: it goes. */
export type Changes = ReadonlyMap<string, number | undefined>;

const KEYS_EACH = 10_000;
/** Rows that everybody counts up. */
export const COUNTERS = [1, 2, 3];

export function ownerOf(place: string): number { return Math.floor(Number(place.slice(place.indexOf('/') + 1)) / KEYS_EACH); }
export function firstKeyOf(owner: number): number { return owner * KEYS_EACH; }

function applied(state: State, changes: Changes): State {
  const after = new Map(state);
  for (const [place, n] of changes) {
    if (n === undefined) after.delete(place);
    else after.set(place, n);
  }
  return after;
}

function isSame(a: State, b: State): boolean {
  if (a.size !== b.size) return false;
  for (const [place, n] of a) if (b.get(place) !== n) return false;
  return true;
}

/** What a view may hold of the keys of an actor, when it was taken. */
export interface Mark { readonly version: number; readonly pending: Changes | undefined }

/** What one actor has committed to keys that nobody else writes, and what it is about to: any view holds one or the other. */
export class Book {
  readonly owner: number;
  readonly #versions: State[] = [new Map()];
  pending: Changes | undefined;

  constructor(owner: number) { this.owner = owner; }

  get committed(): State { return this.#versions.at(-1) ?? new Map(); }

  commit(): void {
    if (this.pending !== undefined) this.#versions.push(applied(this.committed, this.pending));
    this.pending = undefined;
  }

  mark(): Mark { return { version: this.#versions.length - 1, pending: this.pending }; }

  /** What differs, when the view was taken at `mark`, or between then and `last`. */
  problem(seen: State, mark: Mark, last: Mark = mark): string | undefined {
    const most = this.#versions.slice(mark.version, last.version + 1);
    const pending = [mark, last].flatMap(({ version, pending: changes }) => (
      changes === undefined ? [] : [applied(this.#versions[version] ?? new Map(), changes)]
    ));
    const right = [...most, ...pending];
    if (right.some((state) => isSame(state, seen))) return undefined;
    const want = right.at(-1) ?? new Map<string, number>();
    const wrong = [...new Set([...want.keys(), ...seen.keys()])].filter((place) => want.get(place) !== seen.get(place));
    return wrong.slice(0, 4).map((place) => `${place} is ${seen.get(place) ?? 'absent'} instead of ${right.map((state) => state.get(place) ?? 'absent').join(' or ')}`).join(', ')
      + (wrong.length > 4 ? ` and ${wrong.length - 4} more` : '');
  }
}

export interface CounterMark { readonly acknowledged: readonly number[]; readonly begun: readonly number[] }

/** Rows that everybody counts up by one in all targets at once. */
export class Counters {
  readonly #acknowledged = COUNTERS.map(() => 0);
  readonly #begun = COUNTERS.map(() => 0);

  begin(i: number): void { this.#begun[i] = (this.#begun[i] ?? 0) + 1; }
  commit(i: number): void { this.#acknowledged[i] = (this.#acknowledged[i] ?? 0) + 1; }
  /** It is sure that it did not happen. */
  drop(i: number): void { this.#begun[i] = (this.#begun[i] ?? 0) - 1; }
  mark(): CounterMark { return { acknowledged: [...this.#acknowledged], begun: [...this.#begun] }; }

  problem(seen: State, targets: readonly string[], mark: CounterMark, last: CounterMark): string | undefined {
    for (const [i, k] of COUNTERS.entries()) {
      const values = targets.map((name) => seen.get(`${name}/${k}`) ?? -1);
      const [least = 0, most = 0] = [mark.acknowledged[i], last.begun[i]];
      if (values.some((n) => n !== values[0] || n < least || n > most)) return `counter ${k} is ${values.join()} in ${targets.join()}, it must be from ${least} to ${most}`;
    }
    return undefined;
  }
}
