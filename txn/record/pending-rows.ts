/**
 * Rows of one transaction by record number, in the order in which the numbers first came. Most transactions write one row, and a Map
 * costs more than all else that is kept for it: only the second row makes one.
 */
export class PendingRows<Row> implements Iterable<readonly [recno: number, row: Row]> {
  #recno = 0;
  #row: Row | undefined;
  #more: Map<number, Row> | undefined;

  get size(): number { return this.#more?.size ?? (this.#row === undefined ? 0 : 1); }

  get(recno: number): Row | undefined {
    if (this.#more !== undefined) return this.#more.get(recno);
    return this.#recno === recno ? this.#row : undefined;
  }

  has(recno: number): boolean { return this.get(recno) !== undefined; }

  set(recno: number, row: Row): void {
    if (this.#more !== undefined) this.#more.set(recno, row);
    else if (this.#row === undefined || this.#recno === recno) {
      this.#recno = recno;
      this.#row = row;
    } else this.#more = new Map([[this.#recno, this.#row], [recno, row]]);
  }

  delete(recno: number): void {
    if (this.#more !== undefined) this.#more.delete(recno);
    else if (this.#recno === recno) this.#row = undefined;
  }

  clear(): void {
    this.#more = undefined;
    this.#row = undefined;
  }

  /** Calls `visit` for each row; allocates nothing. */
  forEach(visit: (row: Row, recno: number) => void): void {
    if (this.#more !== undefined) this.#more.forEach(visit);
    else if (this.#row !== undefined) visit(this.#row, this.#recno);
  }

  keys(): Iterable<number> { return this.#more?.keys() ?? (this.#row === undefined ? [] : [this.#recno]); }

  [Symbol.iterator](): Iterator<readonly [recno: number, row: Row]> {
    const all: Iterable<readonly [number, Row]> = this.#more ?? (this.#row === undefined ? [] : [[this.#recno, this.#row]]);
    return all[Symbol.iterator]();
  }
}
