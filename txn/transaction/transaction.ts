import { FieldstoneError, type Linked, type PendingMemo } from '#storage';
import type { CatalogState } from '../catalog-state.js';
import { ReadSet } from '../commit/read-set.js';
import { assertAlive, type SnapshotHold, type SnapshotRegistry } from '../commit/snapshot-registry.js';
import type { StoreWrites } from '../commit/versioned-store.js';
import type { RecordStore } from '../record/record-store.js';
import { KeyReads } from '../keys/key-reads.js';
import type { KeyStore } from '../keys/key-store.js';
import { KeyView } from '../keys/key-view.js';
import { KeyWrites } from '../keys/key-writes.js';
import { assertUniqueRow } from '../index/assert-unique-row.js';
import { RecordWrites, type PendingRow } from '../record/record-writes.js';

/** What a transaction is protected from: write conflicts, or also changes of what it read. */
export type Isolation = 'snapshot' | 'serializable';

/** What a transaction needs of its engine. */
export interface TransactionHost {
  readonly options: { readonly transactionMemoryBytes: number };
  /** Called at the first read or write: where the transaction's view begins. */
  takeSnapshot(name: string): SnapshotHold<CatalogState>;
  readonly snapshots: SnapshotRegistry<CatalogState>;
}

interface Undo { readonly writes: RecordWrites; readonly recno: number; readonly before: PendingRow | undefined; readonly highest: number }

/**
 * The private side of one transaction: its snapshot, its writes, what it read. It knows records as
 * bytes only. All methods are synchronous and touch nothing but memory.
 */
export class Transaction implements Linked<Transaction> {
  readonly id: number;
  readonly openedNs: number;
  readonly readSet: ReadSet | undefined;
  readonly #host: TransactionHost;
  readonly #name: string | undefined;
  linked = false;
  previous: Transaction | undefined;
  next: Transaction | undefined;
  /** One for each table; searched in order, as most transactions write to one or two. */
  readonly #writes: RecordWrites[] = [];
  // Made when they are needed: a small transaction should cost little more than its log record.
  #keyWrites: Map<KeyStore, KeyWrites> | undefined;
  #keyReads: Map<KeyStore, KeyReads> | undefined;
  /** What savepoints go back over; empty while there is none. */
  readonly #undo: Undo[] = [];
  #savepoints: { name: string; position: number; keys: Map<KeyStore, number> }[] = [];
  #hold: SnapshotHold<CatalogState> | undefined;
  /** Told of fail(): whoever waits for the body waits no longer. */
  onFailure: ((failure: unknown) => void) | undefined;
  #state: 'open' | 'done' | 'rolled back' | 'failed' = 'open';
  #failure: unknown;

  /** Without a name it is called by its id. */
  constructor(host: TransactionHost, id: number, name: string | undefined, isolation: Isolation, openedNs: number) {
    this.#host = host;
    this.id = id;
    this.#name = name;
    this.openedNs = openedNs;
    this.readSet = isolation === 'serializable' ? new ReadSet() : undefined;
  }

  get name(): string { return this.#name ?? `transaction ${this.id}`; }
  get isOpen(): boolean { return this.#state === 'open'; }
  get wasRolledBack(): boolean { return this.#state === 'rolled back'; }
  get hasSnapshot(): boolean { return this.#hold !== undefined; }

  /** The view of this transaction; taken now if it has none. */
  get snapshot(): SnapshotHold<CatalogState> {
    this.assertOpen();
    this.#hold ??= this.#host.takeSnapshot(this.name);
    assertAlive(this.#hold);
    return this.#hold;
  }

  assertOpen(): void {
    if (this.#state === 'open') return;
    if (this.#state === 'failed') throw this.#failure;
    throw new FieldstoneError('TXN_DONE', `transaction "${this.name}" is already finished`);
  }

  /** Everything written so far, one entry for each store. */
  storeWrites(): StoreWrites[] {
    const list: StoreWrites[] = [];
    for (const writes of this.#writes) if (!writes.isEmpty) list.push(writes);
    if (this.#keyWrites !== undefined) for (const writes of this.#keyWrites.values()) if (!writes.isEmpty) list.push(writes);
    return list;
  }

  writesOf(store: RecordStore): RecordWrites | undefined {
    for (const writes of this.#writes) if (writes.store === store) return writes;
    return undefined;
  }

  /** Writes a key; `value` undefined deletes it. */
  putKey(store: KeyStore, key: Uint8Array, keyLength: number, value: Uint8Array | undefined): void {
    this.assertOpen();
    void this.snapshot; // where conflicts count from
    const all = this.#keyWrites ??= new Map<KeyStore, KeyWrites>();
    let writes = all.get(store);
    if (writes === undefined) {
      all.set(store, writes = new KeyWrites(store));
      if (this.#savepoints.length > 0) writes.mark();
    }
    writes.put(key, keyLength, value);
    this.#assertSize();
  }

  /** The store as this transaction sees it. Made for each use: its own writes may have begun since. */
  keyView(store: KeyStore): KeyView {
    const { sequence } = this.snapshot;
    return new KeyView(store, sequence, this.#keyWrites?.get(store), this.#readsOf(store));
  }

  #readsOf(store: KeyStore): KeyReads | undefined {
    if (this.readSet === undefined) return undefined;
    const all = this.#keyReads ??= new Map<KeyStore, KeyReads>();
    let reads = all.get(store);
    if (reads === undefined) {
      all.set(store, reads = new KeyReads(store));
      this.readSet.include(reads);
    }
    return reads;
  }

  /** Writes a record image; `memos` are its new memo values. */
  putRow(store: RecordStore, recno: number, bytes: Uint8Array, memos: readonly PendingMemo[], inserted: boolean): void {
    const writes = this.#writesFor(store);
    let moreBytes = bytes.length;
    for (const memo of memos) moreBytes += memo.bytes.length;
    this.#assertSize(moreBytes); // before anything is kept: a body may catch the error and go on
    const highest = writes.highestRecno;
    const before = writes.put(recno, bytes, memos, inserted);
    if (store.indexes.hasUnique) {
      try {
        assertUniqueRow(store, writes, this.snapshot.sequence, recno, bytes);
        writes.provenUnique();
      } catch (e) {
        writes.undo(recno, before);
        writes.highestRecno = highest;
        throw e;
      }
    }
    if (this.#savepoints.length > 0) this.#undo.push({ writes, recno, before, highest });
  }

  usedCounters(store: RecordStore): void { this.#writesFor(store).usedCounters(); }

  #writesFor(store: RecordStore): RecordWrites {
    this.assertOpen();
    let writes = this.writesOf(store);
    if (writes === undefined) this.#writes.push(writes = new RecordWrites(store));
    return writes;
  }

  #assertSize(moreBytes = 0): void {
    let sum = moreBytes;
    for (const writes of this.#writes) sum += writes.sizeBytes;
    if (this.#keyWrites !== undefined) for (const writes of this.#keyWrites.values()) sum += writes.sizeBytes;
    const limitBytes = this.#host.options.transactionMemoryBytes;
    if (sum > limitBytes) {
      throw new FieldstoneError('LIMIT', `transaction "${this.name}" writes more than transactionMemory (${limitBytes} bytes); split it, or load rows with insertMany`, { option: 'transactionMemory' });
    }
  }

  savepoint(name: string): void {
    this.assertOpen();
    this.#savepoints.push({ name, position: this.#undo.length, keys: new Map([...this.#keyWrites ?? []].map(([store, writes]) => [store, writes.mark()])) });
  }

  /** Undoes everything since the newest savepoint of that name, which stays. */
  rollbackTo(name: string): void {
    this.assertOpen();
    const i = this.#savepoints.map((s) => s.name).lastIndexOf(name);
    const savepoint = this.#savepoints[i];
    if (savepoint === undefined) throw new FieldstoneError('NOT_FOUND', `there is no savepoint "${name}"`);
    this.#savepoints = this.#savepoints.slice(0, i + 1);
    this.#undoTo(savepoint.position);
    for (const [store, writes] of this.#keyWrites ?? []) writes.rollbackTo(savepoint.keys.get(store) ?? 0);
  }

  #undoTo(position: number): void {
    while (this.#undo.length > position) {
      const step = this.#undo.pop();
      step?.writes.restore(step.recno, step.before);
      if (step !== undefined) step.writes.highestRecno = step.highest;
    }
  }

  /** The commit took over the writes: the transaction itself is done. */
  finish(): void {
    this.#state = 'done';
    this.#release();
  }

  /** Forgets all writes and ends. */
  rollback(): void {
    this.#endWith('rolled back');
  }

  /** Every later call throws `failure`. */
  fail(failure: unknown): void {
    if (this.#state !== 'open') return;
    this.#failure = failure;
    this.#endWith('failed');
    this.onFailure?.(failure);
  }

  #endWith(state: 'rolled back' | 'failed'): void {
    if (this.#state !== 'open') return;
    this.#state = state;
    for (const writes of this.#writes) writes.release();
    this.#release();
  }

  #release(): void {
    if (this.#hold !== undefined) this.#host.snapshots.release(this.#hold);
    this.#hold = undefined;
  }
}
