import type { LockData, TransactionData } from '../../profile/data/lock-data.js';
import type { ProfileData, ProfileFinding } from '../../profile/profile-data.js';
import { countOf, countText, durationText, ratio, shareText } from '../format/units.js';

const LEAST_WAITS = 50;
const HOT_SHARE = 0.3;
const CROWDED_SHARE = 0.5;
const LEAST_SHARDS = 4;
const CONFLICT_SHARE = 0.05;
const LONG_READER_MS = 10_000;

/** What locks and transactions say: hot spots, deadlocks, waits in vain, conflicts, long readers, abandoned transactions. */
export function lockFindings({ locks, transactions, timeline }: ProfileData): ProfileFinding[] {
  const oldestMs = (timeline ?? []).reduce((most, sample) => Math.max(most, sample.oldestSnapshotMs ?? 0), 0);
  return [
    ...(locks === undefined ? [] : [...hotSpots(locks), ...deadlocks(locks), ...timeouts(locks)]),
    ...(transactions === undefined ? [] : [...conflicts(transactions), ...abandoned(transactions)]), ...longReader(transactions, oldestMs),
  ];
}

function hotSpots({ shards, hot = [] }: LockData): ProfileFinding[] {
  const waits = shards.reduce((sum, shard) => sum + shard.waits, 0);
  const waitNs = shards.reduce((sum, shard) => sum + (shard.waitNs ?? 0), 0);
  if (waits < LEAST_WAITS) return [];
  const first = hot[0];
  if (first !== undefined && ratio(first.waits - (first.overcount ?? 0), waits) >= HOT_SHARE) {
    const time = first.waitNs === undefined ? '' : ` They took ${durationText(first.waitNs)} of ${durationText(waitNs)} spent waiting`
      + `${first.maxWaitNs === undefined ? '' : `, the longest ${durationText(first.maxWaitNs)}`}.`;
    return [{
      id: 'lock-hot-spot', level: 'problem', section: 'locks', title: `Transactions queue for one lock: ${first.resource}.`,
      evidence: `${countText(first.waits)} of ${countOf(waits, 'wait')} (${shareText(ratio(first.waits, waits))}) were for it.${time}`,
      remedy: 'Hold it for less time: take it last, and do slow work before. Split a counter over several rows, or let conflicts retry instead of locking.',
    }];
  }
  const crowded = shards.reduce((most, shard) => (shard.waits > most.waits ? shard : most), { shard: 0, waits: 0 });
  if (shards.length >= LEAST_SHARDS && ratio(crowded.waits, waits) >= CROWDED_SHARE) {
    return [{
      id: 'lock-shard-crowded', level: 'advice', section: 'locks', title: `Half of all lock waits are in shard ${crowded.shard}.`,
      evidence: `${countText(crowded.waits)} of ${countOf(waits, 'wait')} in one of ${shards.length} shards, on several resources.`,
      remedy: 'Raise the option lockShards, so that these resources come apart in the counts; look which transactions lock whole tables.',
    }];
  }
  return [];
}

function deadlocks({ shards, deadlocks: noted = [] }: LockData): ProfileFinding[] {
  const count = Math.max(noted.length, shards.reduce((sum, shard) => sum + (shard.deadlocks ?? 0), 0));
  const cycle = noted[0]?.cycle ?? [];
  if (count === 0) return [];
  const example = cycle.length === 0 ? '' : ` For instance: ${cycle.map((step) => `${step.name ?? `transaction ${step.id}`} wanted ${step.resource}`).join('; ')}.`;
  return [{
    id: 'deadlocks', level: 'advice', section: 'locks', title: `${countOf(count, 'deadlock')} had to be broken.`,
    evidence: `Each ended one transaction, whose body was run again.${example}`, remedy: 'Take locks in the same order everywhere, for instance by rising record number.',
  }];
}

function timeouts({ shards }: LockData): ProfileFinding[] {
  const count = shards.reduce((sum, shard) => sum + (shard.timeouts ?? 0), 0);
  const waits = shards.reduce((sum, shard) => sum + shard.waits, 0);
  if (count === 0) return [];
  return [{
    id: 'lock-timeouts', level: 'problem', section: 'locks', title: `${countOf(count, 'wait')} for a lock ended without it.`,
    evidence: `${countText(count)} of ${countOf(waits, 'wait')} ended with LOCK_TIMEOUT, after the time of lockTimeoutMs.`,
    remedy: 'Find who holds the lock so long (wait-for graph, hot locks), before raising lockTimeoutMs.',
  }];
}

function conflicts({ commits, conflicts: count, retries }: TransactionData): ProfileFinding[] {
  const share = ratio(count, commits + count);
  if (share < CONFLICT_SHARE || count < LEAST_WAITS) return [];
  return [{
    id: 'conflicts', level: 'advice', section: 'transactions', title: 'Many commits are refused because another one came first.',
    evidence: `${countText(count)} of ${countOf(commits + count, 'commit')} (${shareText(share)}) met a conflict; bodies were run again ${countOf(retries, 'time')}.`,
    remedy: 'Make transactions shorter, or lock what they all write (await tx.lock(...)) so that they wait instead of doing work in vain.',
  }];
}

function abandoned({ longest = [] }: TransactionData): ProfileFinding[] {
  const overdue = longest.filter((transaction) => transaction.open && transaction.overdue === true);
  const first = overdue[0];
  if (first === undefined) return [];
  return [{
    id: 'abandoned-transaction', level: 'problem', section: 'transactions', title: `${countOf(overdue.length, 'transaction')} may have been forgotten.`,
    evidence: `${first.name ?? `Transaction ${first.id}`} has been open for ${durationText(first.ageMs * 1e6)}, longer than transactionWarnMs.`,
    remedy: 'Look for a body that waits for something outside, and give it timeoutMs.',
  }];
}

function longReader(transactions: TransactionData | undefined, oldestMs: number): ProfileFinding[] {
  const ended = transactions?.endedSnapshots ?? 0;
  if (oldestMs < LONG_READER_MS && ended === 0) return [];
  const history = transactions?.historyBytes === undefined ? '' : ` Old versions took up to ${(transactions.historyBytes / 1024 / 1024).toFixed(1)} MB.`;
  return [{
    id: 'long-reader', level: ended > 0 ? 'problem' : 'advice', section: 'transactions', title: 'A snapshot was kept open for long.',
    evidence: `The oldest was ${durationText(oldestMs * 1e6)} old.${history}${ended > 0 ? ` ${countOf(ended, 'snapshot')} had to be ended.` : ''}`,
    remedy: 'Close snapshots and end scans early; read long reports in parts, or from a backup. The option snapshotMemory bounds what they may keep.',
  }];
}
