import type { TimelineSample } from '../../profile/data/timeline-data.js';
import type { ProfileData, ProfileFinding } from '../../profile/profile-data.js';
import { treeOf } from '../flame/flame-graph.js';
import { bytesText, countOf, durationText, ratio, shareText } from '../format/units.js';
import { framePlace } from '../tree/frame.js';
import { hotFunctions } from '../tree/hot-functions.js';

const GC_SHARE = 0.08;
const LONG_PAUSE_NS = 100e6;
const BLOCKED_NS = 150e6;
const HOT_SHARE = 0.25;
const OVERHEAD_SHARE = 0.05;
const LEAST_SAMPLES = 12;
const GROWTH_SHARE = 0.25;
const GROWTH_BYTES = 8 * 1024 * 1024;
const KEPT_PLAIN = 0.7;
const POOR_RATIO = 0.9;
const LEAST_CODEC_BYTES = 1024 * 1024;

/** What process and memory say: pauses, a blocked event loop, growth, codecs without gain, one hot function. */
export function runtimeFindings(data: ProfileData): ProfileFinding[] {
  return [...pauses(data), ...blockedLoop(data), ...growth(data), ...codecs(data), ...buffers(data), ...hotFunction(data), ...overhead(data)];
}

function pauses({ gc, meta }: ProfileData): ProfileFinding[] {
  if (gc === undefined) return [];
  const totalNs = gc.kinds.reduce((sum, kind) => sum + kind.totalNs, 0);
  const maxNs = gc.kinds.reduce((most, kind) => Math.max(most, kind.maxNs), 0);
  const share = ratio(totalNs, meta.durationMs * 1e6);
  if (share < GC_SHARE && maxNs < LONG_PAUSE_NS) return [];
  return [{
    id: 'gc-pressure', level: share >= GC_SHARE ? 'problem' : 'advice', section: 'memory', title: 'The garbage collector takes much time.',
    evidence: `${shareText(share)} of the time, ${durationText(totalNs)}; the longest pause was ${durationText(maxNs)}.`,
    remedy: 'Scan with the fields you need, iterate instead of collecting arrays, and look at the memory flame graph for who allocates.',
  }];
}

function blockedLoop({ timeline = [] }: ProfileData): ProfileFinding[] {
  const delayOf = (sample: TimelineSample): number => sample.eventLoopDelayMaxNs ?? 0;
  const worst = [...timeline].sort((a, b) => delayOf(b) - delayOf(a))[0];
  const maxNs = worst?.eventLoopDelayMaxNs ?? 0;
  if (maxNs < BLOCKED_NS || worst === undefined) return [];
  const count = timeline.filter((sample) => delayOf(sample) >= BLOCKED_NS).length;
  return [{
    id: 'event-loop-blocked', level: 'advice', section: 'overview', title: 'The event loop was blocked.',
    evidence: `For ${durationText(maxNs)} shortly before ${durationText(worst.atMs * 1e6)}; in ${countOf(count, 'interval')} for more than ${durationText(BLOCKED_NS)}.`,
    remedy: 'Iterate large results with for await, split long work, and look in the flame graph for what ran without a break.',
  }];
}

/** Growth shows in the lowest values: what is in use right after a collection. */
function growth({ timeline = [] }: ProfileData): ProfileFinding[] {
  const used = timeline.flatMap((sample) => (sample.heapUsedBytes === undefined ? [] : [sample.heapUsedBytes]));
  if (used.length < LEAST_SAMPLES) return [];
  const third = Math.floor(used.length / 3);
  const [first, middle, last] = [used.slice(0, third), used.slice(third, -third), used.slice(-third)].map((part) => Math.min(...part));
  if (first === undefined || middle === undefined || last === undefined) return [];
  const grownBytes = last - first;
  if (!(middle > first && last > middle && grownBytes >= GROWTH_BYTES && grownBytes >= GROWTH_SHARE * first)) return [];
  const component = fastestComponent(timeline);
  return [{
    id: 'memory-growth', level: 'advice', section: 'memory', title: 'Memory grew throughout the profile.',
    evidence: `What stays after collections rose from ${bytesText(first)} to ${bytesText(last)}.${component}`,
    remedy: 'A cache that fills grows once and then stays; if this goes on with a steady load, compare two memory flame graphs and look for what only grows.',
  }];
}

function fastestComponent(timeline: readonly TimelineSample[]): string {
  const first = timeline[0]?.componentBytes ?? {};
  const last = timeline.at(-1)?.componentBytes ?? {};
  const growths = Object.entries(last).map(([name, bytes]) => ({ name, grownBytes: bytes - (first[name] ?? 0) })).sort((a, b) => b.grownBytes - a.grownBytes);
  const most = growths[0];
  return most === undefined || most.grownBytes <= 0 ? '' : ` Of the engine's parts, ${most.name} grew most: by ${bytesText(most.grownBytes)}.`;
}

function codecs({ codecs: all = [] }: ProfileData): ProfileFinding[] {
  return all.flatMap(({ name, compressed, compressNs, cpuShare, ...one }): ProfileFinding[] => {
    // What was too short to try costs nothing and is no reason to stop.
    const { tried = compressed + one.keptPlain, triedBytes: bytesIn = one.bytesIn, triedBytesOut: bytesOut = one.bytesOut } = one;
    const plainShare = ratio(Math.max(0, tried - compressed), tried);
    const size = ratio(bytesOut, bytesIn);
    if (name === 'none' || bytesIn < LEAST_CODEC_BYTES || (size < POOR_RATIO && plainShare < KEPT_PLAIN)) return [];
    return [{
      id: 'compression-not-worth-it', level: 'advice', section: 'codecs', title: `Compressing with ${name} gains little.`,
      evidence: `${bytesText(bytesIn)} became ${bytesText(bytesOut)} (${shareText(size)}); ${shareText(plainShare)} of the values were kept as they were`
        + `${compressNs === undefined ? '' : `, after ${durationText(compressNs)} of trying`}${cpuShare === undefined ? '' : `; the codec took ${shareText(cpuShare)} of the processor`}.`,
      remedy: 'Set the option compression to none, or raise compressionThreshold so that only large values are tried.',
    }];
  });
}

function buffers({ buffers: pool }: ProfileData): ProfileFinding[] {
  const outstanding = pool?.classes.reduce((sum, one) => sum + one.outstanding, 0) ?? 0;
  const missed = pool?.classes.reduce((sum, one) => sum + (one.dropped ?? 0), 0) ?? 0;
  const taken = pool?.classes.reduce((sum, one) => sum + one.taken, 0) ?? 0;
  if (ratio(missed, taken) < 0.05) return [];
  return [{
    id: 'buffer-pool-too-small', level: 'advice', section: 'buffers', title: 'The buffer pool throws buffers away that are soon made again.',
    evidence: `${countOf(missed, 'buffer')} of ${countOf(taken, 'buffer')} found no room when they were returned; ${outstanding} are lent at the end.`,
    remedy: 'Raise the option bufferPool.',
  }];
}

function hotFunction(data: ProfileData): ProfileFinding[] {
  const tree = treeOf(data, 'cpu');
  const [first] = tree === undefined ? [] : hotFunctions(tree, 1);
  const share = tree === undefined || first === undefined ? 0 : ratio(first.self, tree.root.total);
  if (first === undefined || share < HOT_SHARE) return [];
  return [{
    id: 'hot-function', level: 'note', section: 'cpu', title: `One function takes ${shareText(share)} of the processor time: ${first.frame.name}.`,
    evidence: `${durationText(first.self)} of its own${framePlace(first.frame) === '' ? '' : `, at ${framePlace(first.frame)}`}.`,
    remedy: 'Search for its name in the flame graph to see who calls it.',
  }];
}

function overhead({ meta }: ProfileData): ProfileFinding[] {
  if ((meta.overheadShare ?? 0) < OVERHEAD_SHARE) return [];
  return [{
    id: 'profiler-overhead', level: 'note', section: 'overview', title: 'The profiler itself took a visible share of the time.',
    evidence: `${shareText(meta.overheadShare ?? 0)} by its own measure.`, remedy: 'Lower samplingRate, or leave out the CPU and memory profile.',
  }];
}
