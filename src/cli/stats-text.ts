import type { PublishedStats } from '../profile/published-stats.js';
import { clipMiddle } from '../report/format/escape.js';
import { clip, countText, plainText, sizeText, textTable } from './text-table.js';

const LISTED_OPERATIONS = 12;
const LISTED_LOCKS = 5;
const LISTED_TRANSACTIONS = 5;
const LISTED_FILES = 8;
/** The title and two lines. */
const LEAST_LINES = 3;
const LEAST_LINES_OF_FIRST = 7;
/** What the figures beside a name take, and the least of a name that is shown. */
const FILE_FIGURES_WIDTH = 48;
const LOCK_FIGURES_WIDTH = 12;
const LEAST_NAME_WIDTH = 16;
/** News older than so many intervals are old. */
const STALE_INTERVALS = 3;

/** Milliseconds as `850 µs`, `12.3 ms`, `4.5 s`, `3 min 20 s`, `2 h 5 min`. */
export function timeText(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toPrecision(3)} µs`;
  if (ms < 1000) return `${ms.toPrecision(3)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function rateText(rate: number): string { return countText(rate >= 10 || rate === 0 ? Math.round(rate) : Math.round(rate * 10) / 10); }
function shareText(share: number | undefined): string { return share === undefined ? '-' : `${(share * 100).toFixed(1)} %`; }

/** True when the owner has not been heard of for long. */
export function isStale(published: PublishedStats, nowMs: number): boolean {
  return nowMs - published.atMs > STALE_INTERVALS * published.intervalMs + 1000;
}

/** The tables, one below the other: the last ones lose lines first, and go when that is not enough; the first one keeps most. */
function fitting(tables: readonly (readonly string[])[], room: number): string[] {
  const shown = tables.filter((table) => table.length > 0).map((table) => [...table]);
  const total = (): number => shown.reduce((sum, table) => sum + table.length + 1, -1);
  while (shown.length > 0 && total() > room) {
    const shortened = shown.filter((table, i) => table.length > (i === 0 ? LEAST_LINES_OF_FIRST : LEAST_LINES)).at(-1);
    if (shortened !== undefined) shortened.pop();
    else if (shown.length > 1) shown.pop();
    else shown[0]?.pop();
    if (shown[0]?.length === 0) shown.pop();
  }
  return shown.flatMap((table, i) => (i === 0 ? table : ['', ...table]));
}

/** What a running database published, for people: rates since the writing before; at most `rows` lines. */
export function statsText(published: PublishedStats, nowMs: number, columns: number | undefined, rows?: number): string {
  const { before, uptimeMs } = published;
  const seconds = (before?.agoMs ?? uptimeMs) / 1000;
  const total = (group: string, name: string): number => published.stats.counters[group]?.[name] ?? 0;
  const rate = (group: string, name: string): number => (seconds <= 0 ? 0 : (total(group, name) - (before?.counters[group]?.[name] ?? 0)) / seconds);
  const head = [
    headLine(published, nowMs),
    ...published.health.notes.map((note) => `! ${note.message}: ${note.remedy}`), '',
    ...summaryLines(published, rate), '',
  ];
  const tables = [operationLines(published, rate), transactionLines(published), lockLines(published, columns), fileLines(published, columns)];
  const lines = [...head, ...fitting(tables, rows === undefined ? Infinity : rows - head.length)].slice(0, rows);
  return lines.map((line) => clip(plainText(line), columns ?? Infinity)).map((line) => `${line}\n`).join('');
}

function headLine(published: PublishedStats, nowMs: number): string {
  const { database, pid, uptimeMs, version, health, stats } = published;
  const news = isStale(published, nowMs) ? `  NO NEWS for ${timeText(nowMs - published.atMs)}` : '';
  return `${database}  process ${pid}  up ${timeText(uptimeMs)}  ${health.status}  fieldstone ${version}, profiling ${stats.level}${news}`;
}

type Rate = (group: string, name: string) => number;

function summaryLines({ stats, health }: PublishedStats, rate: Rate): string[] {
  const { cache, memory, gc } = stats;
  const kinds = Object.entries(cache).filter(([, kind]) => kind.hits + kind.misses > 0).map(([name, kind]) => `${name} ${shareText(kind.hitRate)} (${sizeText(kind.bytes)})`);
  const { components } = memory;
  const pauses = gc.reduce((sum, { count }) => sum + count, 0);
  const longest = gc.reduce((most, { maxNs }) => Math.max(most, maxNs), 0);
  return [
    `commits ${rateText(rate('transactions', 'commits'))}/s  conflicts ${rateText(rate('transactions', 'conflicts'))}/s  retries ${rateText(rate('transactions', 'retries'))}/s`
      + `  lock waits ${rateText(rate('locks', 'waits'))}/s`,
    `disk    read ${sizeText(rate('io', 'bytesRead'))}/s in ${rateText(rate('io', 'reads'))}  written ${sizeText(rate('io', 'bytesWritten'))}/s in ${rateText(rate('io', 'writes'))}`
      + `  syncs ${rateText(rate('io', 'syncs'))}/s`,
    `cache   ${kinds.length === 0 ? 'not used yet' : kinds.join('  ')}`,
    `log     ${shareText(health.logShare)} of its limit  ${rateText(rate('wal', 'groups'))} groups/s${health.checkpointRunning ? '  checkpoint running' : ''}`
      + `  checkpoints ${countText(stats.counters['checkpoint']?.['runs'] ?? 0)}  stalls ${countText(stats.counters['wal']?.['stalls'] ?? 0)}`,
    `memory  ${memory.process === undefined ? '' : `heap ${sizeText(memory.process.heapUsedBytes)}  external ${sizeText(memory.process.externalBytes)}  `}`
      + `cache ${sizeText(components.cache)}  not folded ${sizeText(components.delta)}  old versions ${sizeText(components.history)}`,
    ...(pauses === 0 ? [] : [`gc      ${countText(pauses)} pauses, the longest ${timeText(longest / 1e6)}`]),
  ];
}

function operationLines({ stats: { operations } }: PublishedStats, rate: Rate): string[] {
  const rows = operations.filter(({ count }) => count > 0).map((one) => ({ ...one, rate: rate('operations', one.name) }))
    .sort((a, b) => b.rate - a.rate || b.count - a.count).slice(0, LISTED_OPERATIONS);
  if (rows.length === 0) return ['no operations yet'];
  const time = (ns: number, count: number): string => (count === 0 ? '-' : timeText(ns / 1e6));
  return textTable([
    { title: 'operation' }, { title: 'calls/s', align: 'right' }, { title: 'calls', align: 'right' }, { title: 'mean', align: 'right' }, { title: 'p95', align: 'right' },
    { title: 'p99', align: 'right' }, { title: 'max', align: 'right' },
  ], rows.map(({ name, count, rate: perSecond, recent: r }) => [
    name, rateText(perSecond), countText(count), time(r.meanNs, r.count), time(r.p95Ns, r.count), time(r.p99Ns, r.count), time(r.maxNs, r.count),
  ])).trimEnd().split('\n');
}

function nameText(name: string, columns: number | undefined, figures: number): string {
  return clipMiddle(plainText(name), columns === undefined ? Infinity : Math.max(LEAST_NAME_WIDTH, columns - figures));
}

function fileLines({ stats: { files } }: PublishedStats, columns: number | undefined): string[] {
  const rows = [...files].sort((a, b) => b.bytesRead + b.bytesWritten - a.bytesRead - a.bytesWritten).slice(0, LISTED_FILES);
  if (rows.length === 0) return [];
  return textTable([
    { title: 'file' }, { title: 'reads', align: 'right' }, { title: 'bytes', align: 'right' }, { title: 'writes', align: 'right' }, { title: 'bytes', align: 'right' },
    { title: 'syncs', align: 'right' },
  ], rows.map((f) => [
    nameText(f.file, columns, FILE_FIGURES_WIDTH), countText(f.reads), sizeText(f.bytesRead), countText(f.writes), sizeText(f.bytesWritten), countText(f.syncs),
  ])).trimEnd().split('\n');
}

function lockLines({ stats: { locks } }: PublishedStats, columns: number | undefined): string[] {
  const hot = locks.hot.slice(0, LISTED_LOCKS);
  if (hot.length === 0) return [];
  return textTable([{ title: 'lock' }, { title: 'waits', align: 'right' }], hot.map((one) => [
    nameText(one.resource, columns, LOCK_FIGURES_WIDTH), countText(one.waits),
  ])).trimEnd().split('\n');
}

function transactionLines({ stats: { transactions } }: PublishedStats): string[] {
  const oldest = [...transactions].sort((a, b) => b.ageMs - a.ageMs).slice(0, LISTED_TRANSACTIONS);
  if (oldest.length === 0) return [];
  return textTable([{ title: 'open transaction' }, { title: 'for', align: 'right' }], oldest.map((one) => [plainText(one.name), timeText(one.ageMs)])).trimEnd().split('\n');
}
