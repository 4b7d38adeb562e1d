import type { ProfileData } from '../../profile/profile-data.js';
import type { CpuProfileData, HeapNodeData, HeapProfileData } from '../../profile/data/v8-data.js';
import { visibleText } from '../format/escape.js';
import { gzip } from '../format/gzip.js';
import { cpuNodesInOrder, cpuTimes } from '../tree/cpu-tree.js';
import { ProtoWriter } from './proto-writer.js';
import { StringTable, SymbolTables } from './symbol-tables.js';

const PROFILE = {
  sampleType: 1, sample: 2, mapping: 3, location: 4, function: 5, stringTable: 6, timeNanos: 9, durationNanos: 10, periodType: 11, period: 12,
  comment: 13, defaultSampleType: 14,
};
const VALUE_TYPE = { type: 1, unit: 2 };
const SAMPLE = { locationId: 1, value: 2 };
const MAPPING = { id: 1, fileName: 5, hasFunctions: 7, hasFileNames: 8, hasLineNumbers: 9 };
const NS_PER_MS = 1_000_000n;
/** Stacks are cut here; V8 itself takes 256 frames at most. */
const MAX_STACK = 1024;

interface SampleType {
  readonly type: string;
  readonly unit: string;
}

const CPU_TYPES: readonly SampleType[] = [{ type: 'samples', unit: 'count' }, { type: 'cpu', unit: 'nanoseconds' }];
const HEAP_TYPES: readonly SampleType[] = [{ type: 'inuse_space', unit: 'bytes' }];

/**
 * The profile in the format of pprof (github.com/google/pprof, proto/profile.proto), compressed with gzip: CPU samples
 * (`samples` in counts, `cpu` in nanoseconds) and sampled memory in use (`inuse_space` in bytes), as far as they are in
 * it. Idle time is left out. Opens with `go tool pprof`, Speedscope, Grafana Pyroscope and others.
 *
 * @example
 * await writeFile('profile.pb.gz', pprofReport(data)); // go tool pprof -top -sample_index=cpu profile.pb.gz
 */
export function pprofReport(data: ProfileData): Uint8Array {
  const types = [...(data.cpu === undefined ? [] : CPU_TYPES), ...(data.heap === undefined ? [] : HEAP_TYPES)];
  const strings = new StringTable();
  const symbols = new SymbolTables(strings);
  const profile = new ProtoWriter();
  for (const type of types) profile.bytes(PROFILE.sampleType, valueType(strings, type));
  const heapPlace = data.cpu === undefined ? 0 : CPU_TYPES.length;
  if (data.cpu !== undefined) {
    eachCpuStack(data.cpu, symbols, (stack, count, ns) => profile.bytes(PROFILE.sample, sample(stack, [count, ns], 0, types.length)));
  }
  if (data.heap !== undefined) {
    eachHeapStack(data.heap, symbols, (stack, bytes) => profile.bytes(PROFILE.sample, sample(stack, [bytes], heapPlace, types.length)));
  }
  profile.bytes(PROFILE.mapping, new ProtoWriter().number(MAPPING.id, 1).number(MAPPING.fileName, strings.of(`node ${visibleText(data.meta.nodeVersion)}`))
    .number(MAPPING.hasFunctions, 1).number(MAPPING.hasFileNames, 1).number(MAPPING.hasLineNumbers, 1).finish());
  for (const location of symbols.locations) profile.bytes(PROFILE.location, location);
  for (const fn of symbols.functions) profile.bytes(PROFILE.function, fn);
  writeFacts(profile, strings, data);
  for (const text of strings.all) profile.text(PROFILE.stringTable, text);
  return gzip(profile.finish());
}

function valueType(strings: StringTable, { type, unit }: SampleType): Uint8Array {
  return new ProtoWriter().number(VALUE_TYPE.type, strings.of(type)).number(VALUE_TYPE.unit, strings.of(unit)).finish();
}

/** A sample has a value for each type of the profile: `values` from place `at` on, 0 for the others. */
function sample(stack: readonly number[], values: readonly number[], at: number, typeCount: number): Uint8Array {
  const all = new Array<number>(typeCount).fill(0);
  values.forEach((value, i) => { all[at + i] = value; });
  return new ProtoWriter().numbers(SAMPLE.locationId, stack).numbers(SAMPLE.value, all).finish();
}

function writeFacts(profile: ProtoWriter, strings: StringTable, { meta, cpu, heap }: ProfileData): void {
  profile.number(PROFILE.timeNanos, BigInt(Math.round(meta.startedAtMs)) * NS_PER_MS);
  profile.number(PROFILE.durationNanos, Math.round(meta.durationMs * 1e6));
  if (cpu?.samples !== undefined && cpu.samples.length > 0) {
    profile.bytes(PROFILE.periodType, valueType(strings, { type: 'cpu', unit: 'nanoseconds' }));
    profile.number(PROFILE.period, Math.round(((cpu.endTime - cpu.startTime) * 1000) / cpu.samples.length));
  } else if (cpu === undefined && heap?.samplingIntervalBytes !== undefined) {
    profile.bytes(PROFILE.periodType, valueType(strings, { type: 'space', unit: 'bytes' }));
    profile.number(PROFILE.period, heap.samplingIntervalBytes);
  }
  profile.number(PROFILE.comment, strings.of(visibleText(`fieldstone ${meta.engineVersion}, ${meta.database ?? meta.title ?? 'profile'}`)));
  profile.number(PROFILE.defaultSampleType, strings.of(cpu === undefined ? 'inuse_space' : 'cpu'));
}

/** Stacks as pprof wants them, the innermost place first; the root of the tree is not a place. */
function eachCpuStack(cpu: CpuProfileData, symbols: SymbolTables, take: (stack: readonly number[], count: number, ns: number) => void): void {
  const { byNode } = cpuTimes(cpu);
  const counts = new Map<number, number>();
  for (const id of cpu.samples ?? []) counts.set(id, (counts.get(id) ?? 0) + 1);
  const callers = new Map<number, readonly number[]>();
  for (const { node, parent } of cpuNodesInOrder(cpu)) {
    if (parent === undefined) { callers.set(node.id, []); continue; }
    const outer = callers.get(parent.id) ?? [];
    callers.set(node.id, [symbols.location(node.callFrame), ...outer].slice(0, MAX_STACK));
    const ns = byNode.get(node.id);
    if (ns === undefined) continue;
    const count = counts.get(node.id) ?? node.hitCount ?? 0;
    const ticks = (node.positionTicks ?? []).filter((tick) => tick.ticks > 0);
    const ticksInAll = ticks.reduce((sum, tick) => sum + tick.ticks, 0);
    if (ticksInAll === 0) { take([symbols.location(node.callFrame), ...outer].slice(0, MAX_STACK), count, ns); continue; }
    // The lines share what the node has; what V8 gave to no line goes to the last one, so that the sums stay true.
    let countLeft = count;
    let nsLeft = Math.round(ns);
    ticks.forEach((tick, i) => {
      const isLast = i === ticks.length - 1;
      const countHere = isLast ? countLeft : Math.min(countLeft, Math.round((count * tick.ticks) / ticksInAll));
      const nsHere = isLast ? nsLeft : Math.min(nsLeft, Math.round((ns * tick.ticks) / ticksInAll));
      countLeft -= countHere;
      nsLeft -= nsHere;
      take([symbols.location(node.callFrame, tick.line), ...outer].slice(0, MAX_STACK), countHere, nsHere);
    });
  }
}

function eachHeapStack(heap: HeapProfileData, symbols: SymbolTables, take: (stack: readonly number[], bytes: number) => void): void {
  const open: { node: HeapNodeData; outer: readonly number[] }[] = heap.head.children.map((node) => ({ node, outer: [] }));
  if (heap.head.selfSize > 0) take([symbols.location(heap.head.callFrame)], heap.head.selfSize);
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    const stack = [symbols.location(top.node.callFrame), ...top.outer].slice(0, MAX_STACK);
    if (top.node.selfSize > 0) take(stack, top.node.selfSize);
    for (const node of top.node.children) open.push({ node, outer: stack });
  }
}
