/** How many records a table has, as each snapshot sees it. */
export class CountVersions {
  readonly #sequences: number[] = [0];
  readonly #counts: number[];

  constructor(baseCount: number) { this.#counts = [baseCount]; }

  get latest(): number { return this.#counts.at(-1) ?? 0; }

  at(sequence: number): number {
    let i = this.#sequences.length - 1;
    while (i > 0 && (this.#sequences[i] ?? 0) > sequence) i--;
    return this.#counts[i] ?? 0;
  }

  raise(sequence: number, count: number): void {
    if (count <= this.latest) return;
    if (this.#sequences.at(-1) === sequence) {
      this.#counts[this.#counts.length - 1] = count;
      return;
    }
    this.#sequences.push(sequence);
    this.#counts.push(count);
  }

  /** Forgets what only snapshots before `oldestSnapshot` could ask for. */
  prune(oldestSnapshot: number): void {
    let first = this.#sequences.length - 1;
    while (first > 0 && (this.#sequences[first] ?? 0) > oldestSnapshot) first--;
    if (first > 0) {
      this.#sequences.splice(0, first);
      this.#counts.splice(0, first);
    }
  }
}
