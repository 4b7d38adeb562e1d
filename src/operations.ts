import type { Operation, Probe } from '#storage';

/** The operations of tables and stores that are counted, timed and told to diagnostics channels, by what they are called. */
export interface Operations {
  readonly tableGet: Operation;
  readonly tableGetMany: Operation;
  /** Each use of a query: toArray(), first(), count(). */
  readonly tableFind: Operation;
  readonly tableUpdateWhere: Operation;
  readonly tableDeleteWhere: Operation;
  readonly tableInsert: Operation;
  readonly tableInsertMany: Operation;
  readonly tableUpdate: Operation;
  readonly tableDelete: Operation;
  readonly tablePack: Operation;
  readonly kvGet: Operation;
  readonly kvGetMany: Operation;
  readonly kvPut: Operation;
  readonly kvDelete: Operation;
  readonly kvBatch: Operation;
  readonly transaction: Operation;
  readonly checkpoint: Operation;
}

const operationsOf = new WeakMap<Probe, Operations>();

export function operations(probe: Probe): Operations {
  let all = operationsOf.get(probe);
  if (all === undefined) operationsOf.set(probe, all = makeOperations(probe));
  return all;
}

function makeOperations(probe: Probe): Operations {
  return {
    tableGet: probe.operation('table.get', 'read'),
    tableGetMany: probe.operation('table.getMany', 'read'),
    tableFind: probe.operation('table.find', 'search'),
    tableUpdateWhere: probe.operation('table.updateWhere', 'update'),
    tableDeleteWhere: probe.operation('table.deleteWhere', 'update'),
    tableInsert: probe.operation('table.insert', 'append'),
    tableInsertMany: probe.operation('table.insertMany', 'upkeep'),
    tableUpdate: probe.operation('table.update', 'update'),
    tableDelete: probe.operation('table.delete', 'update'),
    tablePack: probe.operation('table.pack', 'upkeep'),
    kvGet: probe.operation('kv.get', 'read'),
    kvGetMany: probe.operation('kv.getMany', 'read'),
    kvPut: probe.operation('kv.put', 'update'),
    kvDelete: probe.operation('kv.delete', 'update'),
    kvBatch: probe.operation('kv.batch', 'update'),
    transaction: probe.operation('transaction', 'transaction'),
    checkpoint: probe.operation('checkpoint', 'upkeep'),
  };
}

/** Counts a call of `operation`; when it is its turn, times it too. For calls that do not count in nanoseconds: it costs a closure. */
export function watched<Result>(operation: Operation, target: string, work: () => Promise<Result>): Promise<Result> {
  return --operation.left < 0 || operation.start.hasSubscribers ? operation.runAsync(target, work) : work();
}
