import { textTable, type TextColumn } from '../../cli/text-table.js';
import type { LockShardData } from '../../profile/data/lock-data.js';
import type { PlanStepData } from '../../profile/data/query-data.js';
import type { ProfileData } from '../../profile/profile-data.js';
import { findFindings } from '../findings/find-findings.js';
import { treeOf } from '../flame/flame-graph.js';
import { clipMiddle, visibleText } from '../format/escape.js';
import { bytesText, countText, durationText, momentText, ratio, shareText } from '../format/units.js';
import { framePlace, OWNER_LABELS } from '../tree/frame.js';
import { hotFunctions, ownerShares } from '../tree/hot-functions.js';
import { planText } from './plan-text.js';

const CELL_CHARS = 70;
const HOT_FUNCTIONS = 15;
const SHAPES = 10;
const LONGEST = 12;

/**
 * The profile as plain text for a terminal or a mail: findings first, then a table for each section that is there.
 *
 * @example
 * console.log(textReport(data));
 */
export function textReport(data: ProfileData): string {
  const sections = [
    head(data), findingsText(data), operations(data), cpu(data), cache(data), files(data), log(data), locks(data), transactions(data), queries(data),
    memory(data), codecs(data), buffers(data), knobs(data), counters(data),
  ];
  return together(sections);
}

/** Parts with a blank line between them, without the empty ones. */
function together(parts: readonly string[]): string { return parts.filter((part) => part !== '').join('\n'); }

/** A heading with a table; nothing when there are no rows. A column name that begins with `>` is set to the right. */
function section(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const named = columns.map((name): TextColumn => (name.startsWith('>') ? { title: name.slice(1), align: 'right' } : { title: name }));
  return `${title}\n${textTable(named, rows.map((row) => row.map((cell) => clipMiddle(visibleText(cell), CELL_CHARS))))}`;
}

const time = (ns: number | undefined): string => (ns === undefined ? '' : durationText(ns));
const size = (bytes: number | undefined): string => (bytes === undefined ? '' : bytesText(bytes));
const count = (n: number | undefined): string => (n === undefined ? '' : countText(n));

function head({ meta }: ProfileData): string {
  const facts = [
    `fieldstone ${meta.engineVersion}`, `node ${meta.nodeVersion}`, meta.platform, meta.arch, `process ${meta.pid}`,
    meta.overheadShare === undefined ? undefined : `profiler ${shareText(meta.overheadShare)}`,
  ].filter((fact) => fact !== undefined);
  const missing = (meta.missing ?? []).map((what) => `not in it: ${visibleText(what)}\n`).join('');
  return `${visibleText(meta.title ?? `Profile of ${meta.database ?? 'a database'}`)}\n`
    + `${momentText(meta.startedAtMs)}, ${durationText(meta.durationMs * 1e6)}\n${visibleText(facts.join(', '))}\n${missing}`;
}

function findingsText(data: ProfileData): string {
  const found = findFindings(data);
  if (found.length === 0) return 'FINDINGS\nnothing stands out\n';
  const lines = found.map(({ level, title, evidence, remedy }) => `[${level}] ${visibleText(title)}\n    ${visibleText(evidence)}\n    -> ${visibleText(remedy)}\n`);
  return `FINDINGS\n${lines.join('')}`;
}

function operations({ histograms = [], operations: parts = [] }: ProfileData): string {
  const rows = histograms.map((h) => {
    const show = h.unit === 'ns' ? durationText : h.unit === 'bytes' ? bytesText : countText;
    return [h.name, countText(h.count), show(h.mean), show(h.p50), show(h.p95), show(h.p99), show(h.max)];
  });
  const partRows = parts.flatMap((operation) => Object.entries(operation.phases).sort((a, b) => b[1] - a[1]).map(([phase, ns], i) => (
    [i === 0 ? operation.name : '', phase, durationText(ns), shareText(ratio(ns, operation.totalNs))]
  )));
  return together([
    section('LATENCIES AND SIZES', ['name', '>count', '>mean', '>p50', '>p95', '>p99', '>max'], rows),
    section('WHERE THE TIME OF OPERATIONS GOES', ['operation', 'part', '>time', '>share'], partRows),
  ]);
}

function cpu(data: ProfileData): string {
  const tree = treeOf(data, 'cpu');
  if (tree === undefined) return '';
  const owners = ownerShares(tree).map(({ owner, self, share }) => [OWNER_LABELS[owner], durationText(self), shareText(share)]);
  const functions = hotFunctions(tree, HOT_FUNCTIONS).map(({ frame, self }) => (
    [frame.name, framePlace(frame), durationText(self), shareText(ratio(self, tree.root.total))]
  ));
  return together([
    section('PROCESSOR TIME BY OWNER', ['owner', '>time', '>share'], owners),
    section('FUNCTIONS WITH MOST TIME OF THEIR OWN', ['function', 'place', '>time', '>share'], functions),
  ]);
}

function cache({ cache: data }: ProfileData): string {
  if (data === undefined) return '';
  const columns = ['kind', '>hits', '>misses', '>hit rate', '>cold', '>evicted', '>invalidated', '>bytes'];
  return section(`PAGE CACHE (limit ${bytesText(data.limitBytes)})`, columns, data.kinds.map((k) => [
    k.kind, countText(k.hits), countText(k.misses), shareText(ratio(k.hits, k.hits + k.misses)),
    count(k.missesCold), count(k.missesEvicted), count(k.missesInvalidated), bytesText(k.bytes),
  ]));
}

function files({ io = [] }: ProfileData): string {
  return section('FILES', ['file', '>reads', '>read', '>writes', '>written', '>syncs', '>read p95', '>write p95', '>sync p95'], io.map((f) => [
    f.file, countText(f.reads), bytesText(f.bytesRead), countText(f.writes), bytesText(f.bytesWritten), countText(f.syncs),
    time(f.readNs?.p95), time(f.writeNs?.p95), time(f.syncNs?.p95),
  ]));
}

function log({ log: data }: ProfileData): string {
  if (data === undefined) return '';
  const facts = section('LOG', ['>records', '>bytes', '>syncs', '>commits a sync', '>stalls', '>stalled'], [[
    countText(data.records), bytesText(data.bytesAppended), countText(data.syncs), count(data.groupSize?.mean), count(data.stalls), time(data.stallNs),
  ]]);
  const checkpoints = section('CHECKPOINTS', ['>at', '>took', 'cause', '>written', '>stores'], (data.checkpoints ?? []).map((c) => [
    durationText(c.atMs * 1e6), durationText(c.durationNs), c.cause ?? '', size(c.bytesWritten), count(c.stores),
  ]));
  return together([facts, checkpoints]);
}

function locks({ locks: data }: ProfileData): string {
  if (data === undefined) return '';
  const sum = (pick: (shard: LockShardData) => number | undefined): number => data.shards.reduce((all, shard) => all + (pick(shard) ?? 0), 0);
  const totals = section('LOCKS', ['>shards', '>granted', '>waits', '>waited', '>timeouts', '>deadlocks'], [[
    countText(data.shards.length), countText(sum((s) => s.acquisitions)), countText(sum((s) => s.waits)), durationText(sum((s) => s.waitNs)),
    countText(sum((s) => s.timeouts)), countText(sum((s) => s.deadlocks)),
  ]]);
  const hot = section('LOCKS THAT WERE WAITED FOR MOST', ['resource', '>waits', '>waited', '>longest'], (data.hot ?? []).map((h) => [
    h.resource, countText(h.waits), time(h.waitNs), time(h.maxWaitNs),
  ]));
  return together([totals, hot]);
}

function transactions({ transactions: data }: ProfileData): string {
  if (data === undefined) return '';
  const totals = section('TRANSACTIONS', ['>commits', '>rollbacks', '>conflicts', '>retries', '>p50', '>p99'], [[
    countText(data.commits), countText(data.rollbacks), countText(data.conflicts), countText(data.retries),
    time(data.durationNs?.p50), time(data.durationNs?.p99),
  ]]);
  const longest = section('LONGEST TRANSACTIONS', ['name', '>id', '>age', 'state'], (data.longest ?? []).slice(0, LONGEST).map((t) => [
    t.name ?? '', t.id === undefined ? '' : String(t.id), durationText(t.ageMs * 1e6), t.open ? (t.overdue === true ? 'open, overdue' : 'open') : 'ended',
  ]));
  return together([totals, longest]);
}

function queries({ queries: data }: ProfileData): string {
  if (data === undefined) return '';
  const shapes = data.shapes.slice(0, SHAPES);
  const table = section('QUERIES', ['on', 'kind', 'shape', '>runs', '>time', '>longest', '>rows read', '>rows given', '>full scans'], shapes.map((q) => [
    q.target, q.kind, q.shape, countText(q.count), durationText(q.executionNs), durationText(q.maxNs),
    countText(q.rowsExamined), countText(q.rowsReturned), countText(q.fullScans),
  ]));
  const plans = shapes.flatMap((q) => (q.plan === undefined ? [] : [planSection(q.target, q.plan)])).join('');
  return table + plans;
}

function planSection(target: string, plan: PlanStepData): string { return `plan on ${visibleText(target)}:\n${planText(plan).map((line) => `  ${line}\n`).join('')}`; }

function memory({ timeline = [], gc }: ProfileData): string {
  const [first, last] = [timeline[0], timeline.at(-1)];
  const rows = first === undefined || last === undefined ? [] : ([
    ['heap in use', first.heapUsedBytes, last.heapUsedBytes], ['outside of the heap', first.externalBytes, last.externalBytes], ['resident', first.rssBytes, last.rssBytes],
  ] as const).flatMap(([name, before, after]) => (before === undefined || after === undefined ? [] : [[name, bytesText(before), bytesText(after)]]));
  const collections = (gc?.kinds ?? []).map((k) => [k.kind, countText(k.count), durationText(k.totalNs), durationText(k.maxNs)]);
  return together([
    section('MEMORY', ['what', '>at the start', '>at the end'], rows), section('GARBAGE COLLECTION', ['kind', '>pauses', '>time', '>longest'], collections),
  ]);
}

function codecs({ codecs: data = [] }: ProfileData): string {
  return section('CODECS', ['codec', '>in', '>out', '>ratio', '>compressed', '>kept plain', '>compressing', '>decompressing', '>of the processor'], data.map((c) => [
    c.name, bytesText(c.bytesIn), bytesText(c.bytesOut), shareText(ratio(c.bytesOut, c.bytesIn)), countText(c.compressed), countText(c.keptPlain),
    time(c.compressNs), time(c.decompressNs), c.cpuShare === undefined ? '' : shareText(c.cpuShare),
  ]));
}

function buffers({ buffers: data }: ProfileData): string {
  return section('BUFFER POOL', ['>size', '>lent', '>reused', '>made new', '>thrown away', '>lent at the end'], (data?.classes ?? []).map((b) => [
    b.sizeBytes === 0 ? 'all' : bytesText(b.sizeBytes), countText(b.taken), countText(b.reused), countText(b.allocated), count(b.dropped), countText(b.outstanding),
  ]));
}

function knobs({ knobs: data = [] }: ProfileData): string {
  return section('OPTIONS IN FORCE', ['option', 'value', 'from', 'default'], data.map((k) => [k.name, k.value, k.source, k.default ?? '']));
}

function counters({ counters: data = {} }: ProfileData): string {
  return section('COUNTERS', ['counter', '>value'], Object.entries(data).flatMap(([group, fields]) => (
    Object.entries(fields).map(([field, value]) => [`${group}.${field}`, countText(value)])
  )));
}
