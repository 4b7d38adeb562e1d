import type { ProfileSource } from './profile-source.js';

/** Something that a person should look at. */
export interface HealthNote {
  /** Stable name: `poisoned`, `checkpoint-failed`, `log-full`, `old-transaction`, `old-snapshot`, `deadlocks`. */
  readonly id: string;
  /** `failing`: the database cannot do its work. `degraded`: it can, but not well, or not for long. */
  readonly level: 'failing' | 'degraded';
  readonly message: string;
  readonly remedy: string;
}

/** Whether the database is well, at one moment. */
export interface Health {
  readonly status: 'ok' | 'degraded' | 'failing' | 'closed';
  readonly readOnly: boolean;
  /** Bytes of log that no checkpoint has folded yet, as a share (0 to 1) of the limit at which commits wait. */
  readonly logShare: number;
  readonly checkpointRunning: boolean;
  readonly openTransactions: number;
  readonly oldestTransactionMs: number | undefined;
  readonly snapshots: number;
  readonly oldestSnapshotMs: number | undefined;
  /** Worst first. */
  readonly notes: readonly HealthNote[];
}

const LOG_NEARLY_FULL = 0.9;

/** What db.health() gives. Cheap enough to be asked for every second. */
export function health(source: ProfileSource): Health {
  const { engine, options: { values: { readOnly, logLimit } } } = source;
  if (engine.isClosed) {
    const nothing = { logShare: 0, checkpointRunning: false, openTransactions: 0, oldestTransactionMs: undefined, snapshots: 0, oldestSnapshotMs: undefined };
    return { status: 'closed', readOnly, ...nothing, notes: [] };
  }
  const write = readOnly ? undefined : engine.writeSide;
  const transactions = engine.transactions.list();
  const oldest = engine.snapshots.oldest();
  const facts = {
    readOnly, logShare: (write?.wal.liveBytes ?? 0) / logLimit, checkpointRunning: write?.isCheckpointing ?? false, openTransactions: transactions.length,
    oldestTransactionMs: transactions.length === 0 ? undefined : Math.max(...transactions.map(({ ageMs }) => ageMs)), snapshots: engine.snapshots.count,
    oldestSnapshotMs: oldest === undefined ? undefined : (engine.options.env.clock.monotonicNs() - oldest.openedNs) / 1e6,
  };
  const notes = [...writeNotes(source, facts.logShare), ...readerNotes(source, facts.oldestSnapshotMs)];
  notes.sort((a, b) => Number(a.level === 'degraded') - Number(b.level === 'degraded'));
  return { status: notes[0]?.level ?? 'ok', ...facts, notes };
}

function writeNotes({ engine, options: { values } }: ProfileSource, logShare: number): HealthNote[] {
  if (values.readOnly) return [];
  const { isPoisoned, lastCheckpointError } = engine.writeSide;
  const notes: HealthNote[] = [];
  if (isPoisoned) {
    notes.push({
      id: 'poisoned', level: 'failing', message: 'an earlier disk failure stopped writing',
      remedy: 'close the database and open it again; what was acknowledged is safe',
    });
  }
  if (lastCheckpointError !== undefined) {
    notes.push({
      id: 'checkpoint-failed', level: 'degraded', message: `the last checkpoint failed: ${messageOf(lastCheckpointError)}`,
      remedy: 'commits go on until the log is full; mend the cause, then call db.checkpoint()',
    });
  }
  if (logShare >= LOG_NEARLY_FULL) {
    notes.push({
      id: 'log-full', level: 'degraded', message: `the log has reached ${Math.round(logShare * 100)} % of logLimit`,
      remedy: 'commits wait at 100 %; raise logLimit, or lower checkpointSize so that checkpoints begin earlier',
    });
  }
  return notes;
}

function readerNotes({ engine, options: { values } }: ProfileSource, oldestSnapshotMs: number | undefined): HealthNote[] {
  const overdue = engine.transactions.list().filter((one) => one.overdue);
  const notes = overdue.map(({ name, ageMs }): HealthNote => ({
    id: 'old-transaction', level: 'degraded', message: `transaction "${name}" has been open for ${Math.round(ageMs)} ms`,
    remedy: 'end it, or give it timeoutMs; transactionWarnMs sets the age from which this is said',
  }));
  if (notes.length === 0 && oldestSnapshotMs !== undefined && oldestSnapshotMs > values.transactionWarnMs) {
    notes.push({
      id: 'old-snapshot', level: 'degraded',
      message: `"${engine.snapshots.oldest()?.name ?? ''}" has been open for ${Math.round(oldestSnapshotMs)} ms and keeps old versions in memory`,
      remedy: 'close snapshots and finish scans; snapshotMemory bounds what they may keep',
    });
  }
  return notes;
}

function messageOf(error: unknown): string { return error instanceof Error ? error.message : String(error); }
