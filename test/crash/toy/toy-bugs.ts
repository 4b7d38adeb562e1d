/** Where a bug can be caught: by crashes alone, or only when calls fail too. */
export type ToyCampaign = 'crash' | 'fault';

export interface ToyBug {
  readonly campaign: ToyCampaign;
  readonly description: string;
}

/** Mistakes that the toy engine can make; each sits where `has()` is asked for it. */
export const TOY_BUGS = {
  'ack-before-sync': { campaign: 'crash', description: 'a commit is acknowledged before its log record is synced' },
  'group-acks-queued': { campaign: 'crash', description: 'when a sync ends, commits that were queued meanwhile are acknowledged too' },
  'catalog-not-synced': { campaign: 'crash', description: 'the new catalog is renamed into place before it is synced' },
  'catalog-in-place': { campaign: 'crash', description: 'the catalog is overwritten instead of replaced' },
  'table-not-synced': { campaign: 'crash', description: 'a checkpoint does not sync the table before it drops the journal' },
  'growth-not-synced': { campaign: 'crash', description: 'appended rows are not synced before the header counts them' },
  'journal-not-synced': { campaign: 'crash', description: 'the table is overwritten before the journal is synced' },
  'journal-name-not-synced': { campaign: 'crash', description: 'the journal is synced, its name is not' },
  'journal-removed-early': { campaign: 'crash', description: 'the journal is removed before the table is synced' },
  'journal-not-checked': { campaign: 'crash', description: 'recovery applies a journal whose checksum is wrong' },
  'rewrites-unjournalled': { campaign: 'crash', description: 'a checkpoint rewrites unchanged rows in place, which the journal does not hold' },
  'log-not-checked': { campaign: 'crash', description: 'log records are not checked against their checksum' },
  'log-removed-early': { campaign: 'crash', description: 'a checkpoint removes segments before its journal is written' },
  'log-name-not-synced': { campaign: 'crash', description: 'the folder is not synced after a segment is made' },
  'log-reused': { campaign: 'crash', description: 'a segment is recycled in place, and its number is not in the checksum nor its order checked' },
  'bad-records-skipped': { campaign: 'crash', description: 'recovery looks for valid records behind a bad one' },
  'torn-tail-kept': { campaign: 'crash', description: 'recovery appends behind the last good record without cutting the rest' },
  'half-transactions': { campaign: 'crash', description: 'each row of a transaction is a record of its own' },
  'checkpoint-in-flight': { campaign: 'crash', description: 'a checkpoint does not wait for the sync that is under way, and drops its segment' },
  'replay-not-synced': { campaign: 'crash', description: 'recovery goes on with a new segment while the replayed one may be in memory only' },
  'sync-retried': { campaign: 'fault', description: 'a failed sync is tried again and believed' },
  'sync-error-ignored': { campaign: 'fault', description: 'a failed sync is ignored' },
  'not-poisoned': { campaign: 'fault', description: 'commits go on after a failed sync' },
  'replay-only-synced': { campaign: 'fault', description: 'recovery syncs the replayed segment instead of writing it anew' },
  'journal-only-applied': { campaign: 'fault', description: 'recovery applies a journal from memory instead of writing it anew first' },
  'full-not-cut': { campaign: 'fault', description: 'a commit that failed for lack of space leaves its record in the log' },
  'short-write-ignored': { campaign: 'fault', description: 'the count that a write returns is ignored' },
  'short-read-ignored': { campaign: 'fault', description: 'the count that a read returns is ignored' },
} as const satisfies Record<string, ToyBug>;

export type ToyBugId = keyof typeof TOY_BUGS;

export function toyBugs(campaign: ToyCampaign): ToyBugId[] {
  return (Object.keys(TOY_BUGS) as ToyBugId[]).filter((id) => TOY_BUGS[id].campaign === campaign);
}
