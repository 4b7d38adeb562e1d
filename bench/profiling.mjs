// What counting, timing and profiling cost: the same work on one database at each level, in turns within one run. A round runs a batch of
// each subject, in an order drawn anew each time; the ratios of batches of the same round give a median, which the few batches that
// other load disturbed do not move. Level off stands in it twice: the difference is noise. A batch is long enough for several bursts of
// timed calls; the share that was really timed is printed. Processor time, user and system: the kernel measures their sum exactly, and
// user time alone only by ticks.
// Usage: node profiling.mjs [seconds of each part] [gets|commits|production ...]    (default 60, all parts)
import { open } from '../dist/src/main.js';
import { join } from 'node:path';
import { benchFolder, machineFacts, median, printTable, quantile, ratios, report } from './support/measure.mjs';
import { numbers } from './support/rows.mjs';

const SECONDS = Number(process.argv[2] ?? 60);
const PARTS = process.argv.length > 3 ? process.argv.slice(3) : ['gets', 'commits', 'production'];
const KEYS = 50_000;
const GETS = 10_000;
const COMMITS = 1_000;
const WARM_ROUNDS = 20;
const SETTLE_EVERY = 50;
const PROFILED_MS = Math.min(60_000, SECONDS * 1000 / 6);
const LEVELS = { off: ['off', 0], 'off again': ['off', 0], counts: ['counts', 0], 'times, 1 % sampled': ['times', 0.01] };
const folder = benchFolder('profiling');
console.log(machineFacts(folder));

function cpuUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Processor time of `work`, in microseconds. */
async function processorTime(work) {
  const before = cpuUs();
  await work();
  return cpuUs() - before;
}

const db = await open(join(folder, 'db'), { durability: 'none', checkpointSize: '1gb', logLimit: '4gb' });
const kv = db.kv('kv', { values: 'utf8' });
await kv.batch(Array.from({ length: KEYS }, (_, i) => ({ type: 'put', key: `key-${i}`, value: `value ${i} `.repeat(8) })));
await db.checkpoint();
const next = numbers(11);

const gets = (count = GETS) => {
  for (let i = 0; i < count; i++) kv.get(`key-${next() % KEYS}`);
};
const commits = async (count = COMMITS) => {
  for (let i = 0; i < count; i++) await kv.put(`key-${next() % KEYS}`, 'a small value');
};

const drawn = numbers(7);

function shuffled(names) {
  return names.map((name) => [drawn(), name]).sort(([a], [b]) => a - b).map(([, name]) => name);
}

/** Rounds of batches in turn until the time is over, in microseconds by name; and of the level `times` how many calls were timed. */
async function turns(work, operation) {
  const names = Object.keys(LEVELS);
  const all = Object.fromEntries(names.map((name) => [name, []]));
  const calls = () => db.stats().operations.find(({ name }) => name === operation);
  let [timed, called] = [0, 0];
  const endMs = performance.now() + SECONDS * 1000;
  for (let round = -WARM_ROUNDS; performance.now() < endMs; round++) {
    if (round % SETTLE_EVERY === 0) await db.checkpoint();
    for (const name of shuffled(names)) {
      db.setProfiling(...LEVELS[name]);
      const before = calls();
      const us = await processorTime(work);
      if (round >= 0) all[name].push(us);
      if (round < 0 || !name.startsWith('times')) continue;
      const after = calls();
      timed += after.latencyNs.count - before.latencyNs.count;
      called += after.count - before.count;
    }
  }
  return { all, timedShare: timed / called };
}

/** The median of the ratios, less 1, in percent, with its standard error (from the middle half, as of a normal distribution); gives the median. */
function overhead(what, times, base, most) {
  const values = ratios(times, base).map((ratio) => (ratio - 1) * 100);
  const share = median(values);
  const [low, high] = [quantile(values, 0.25), quantile(values, 0.75)];
  const error = 1.253 * (high - low) / 1.349 / Math.sqrt(values.length);
  const figure = `${share.toFixed(2)} % +- ${error.toFixed(2)} (${values.length} pairs, middle half ${low.toFixed(1)} to ${high.toFixed(1)} %)`;
  report(what, figure, most === undefined ? '' : `<= ${most} %`, most === undefined ? undefined : share <= most);
  return share;
}

async function levels(what, work, operation, count) {
  const { all, timedShare } = await turns(work, operation);
  report(`${what}: processor time of one at level off`, `${(median(all.off) / count).toFixed(2)} us`);
  report(`${what}: share of the calls that was timed`, `${(timedShare * 100).toFixed(2)} %`);
  overhead(`${what}: off again against off`, all['off again'], all.off);
  overhead(`${what}: counts against off`, all.counts, all.off, 1);
  overhead(`${what}: times, 1 % sampled, against off`, all['times, 1 % sampled'], all.off, 2);
}

if (PARTS.includes('gets')) await levels('random get', gets, 'kv.get', GETS);
if (PARTS.includes('commits')) await levels('small commits', commits, 'kv.put', COMMITS);

/** A period of mixed work: processor time of one step, all of it, samples and pauses included. */
async function period() {
  const times = [];
  const endMs = performance.now() + PROFILED_MS;
  while (performance.now() < endMs) times.push(await processorTime(mixed));
  return times;
}

async function mixed() {
  for (let i = 0; i < 3; i++) { // longer than the time between two samples
    gets();
    await commits();
  }
}

/** Periods with a profile in production mode and without one in turn: medians of steps. Starting and stopping come on top. */
async function production(what, options) {
  db.setProfiling('counts');
  const times = { with: [], without: [] };
  const means = { with: [], without: [] };
  let [edgesUs, share, profiledMs, profiles] = [0, 0, 0, 0];
  const endMs = performance.now() + SECONDS * 2000;
  for (let round = -1; performance.now() < endMs; round++) {
    await db.checkpoint();
    const isWith = round % 2 === 0;
    let profiler;
    const startUs = await processorTime(() => { if (isWith) profiler = db.profile({ production: true, ...options }); });
    const steps = await period();
    let profile;
    const stopUs = await processorTime(async () => { profile = await profiler?.stop(); });
    if (round < 0) continue;
    times[isWith ? 'with' : 'without'].push(median(steps));
    means[isWith ? 'with' : 'without'].push(steps.reduce((sum, us) => sum + us, 0) / steps.length);
    if (profile === undefined) continue;
    edgesUs += startUs + stopUs;
    profiledMs += profile.data.meta.durationMs;
    share += profile.data.meta.overheadShare;
    profiles++;
  }
  const pairs = Math.min(times.with.length, times.without.length);
  const neighbours = (list) => list.without.slice(0, pairs).map((us, i) => (us + (list.without[i - 1] ?? us)) / 2);
  overhead(`${what}: median step`, times.with.slice(0, pairs), neighbours(times), 5);
  const mean = overhead(`${what}: mean step`, means.with.slice(0, pairs), neighbours(means), 5);
  const edges = edgesUs / profiles / 1000;
  report(`${what}: starting and stopping, processor time`, `${edges.toFixed(0)} ms, of 60 s ${(edges / 600).toFixed(2)} %`);
  report(`${what}: what it adds to 60 s of work, starting and stopping included`, `${(mean + edges / 600).toFixed(2)} %`, '<= 5 %', mean + edges / 600 <= 5);
  report(`${what}: profiled in all, and what the profiler said of itself`, `${(profiledMs / 1000).toFixed(0)} s, ${(share / profiles * 100).toFixed(2)} %`);
}

if (PARTS.includes('production')) await production('profile in production mode', { memory: true });
for (const part of PARTS.filter((name) => name.startsWith('production:'))) { // production:cpu,memory: these and no others
  const on = part.slice('production:'.length).split(',');
  await production(part, Object.fromEntries(['cpu', 'memory', 'io', 'locks', 'queries', 'cache'].map((name) => [name, on.includes(name)])));
}
await db.close();
printTable();
