// What counting, timing and profiling cost: the same work on one database at each level, in turns within one run. Work comes in batches of a
// few milliseconds; of each block of batches the fastest of a subject counts (other load only ever slows down), and the ratios of
// blocks give a median. Level off stands in it twice: the difference is noise. Processor time, user and system: the kernel measures
// their sum exactly, and user time alone only by ticks.    Usage: node profiling.mjs [blocks]    (default 60)
import { open } from '../dist/src/main.js';
import { join } from 'node:path';
import { benchFolder, machineFacts, median, printTable, ratios, report } from './support/measure.mjs';
import { numbers } from './support/rows.mjs';

const BLOCKS = Number(process.argv[2] ?? 60);
const BATCHES = 15;
const KEYS = 50_000;
const GETS = 2_000;
const COMMITS = 200;
const PROFILED_BLOCKS = 12;
const PROFILED_BATCHES = 40;
const LEVELS = { off: ['off', 0], 'off again': ['off', 0], counts: ['counts', 0], 'times, 1 % sampled': ['times', 0.01] };
const folder = benchFolder('profiling');
console.log(machineFacts(folder));

/** Processor time of `work`, in microseconds. */
async function processorTime(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const db = await open(join(folder, 'db'), { durability: 'none', checkpointSize: '1gb' });
const kv = db.kv('kv', { values: 'utf8' });
await kv.batch(Array.from({ length: KEYS }, (_, i) => ({ type: 'put', key: `key-${i}`, value: `value ${i} `.repeat(8) })));
await db.checkpoint();
const next = numbers(11);

const gets = () => {
  for (let i = 0; i < GETS; i++) kv.get(`key-${next() % KEYS}`);
};
const commits = async () => {
  for (let i = 0; i < COMMITS; i++) await kv.put(`key-${next() % KEYS}`, 'a small value');
};

/** Blocks of batches in turn, each round beginning with another subject: of each block the fastest batch, in microseconds, by name. */
async function turns(blocks, work) {
  const names = Object.keys(LEVELS);
  const fastest = Object.fromEntries(names.map((name) => [name, []]));
  for (let block = -5; block < blocks; block++) { // five blocks to warm up
    const best = Object.fromEntries(names.map((name) => [name, Infinity]));
    for (let batch = 0; batch < BATCHES; batch++) {
      for (let i = 0; i < names.length; i++) {
        const name = names[(i + batch) % names.length];
        db.setProfiling(...LEVELS[name]);
        best[name] = Math.min(best[name], await processorTime(work));
      }
    }
    if (block >= 0) for (const name of names) fastest[name].push(best[name]);
  }
  return fastest;
}

function overhead(what, times, name, base, most) {
  const values = ratios(times[name], times[base]).map((ratio) => (ratio - 1) * 100);
  const share = median(values);
  const figure = `${share.toFixed(2)} % (middle half of the blocks ${quarter(values, 0.25)} to ${quarter(values, 0.75)} %)`;
  report(`${what}: ${name} against ${base}`, figure, most === undefined ? '' : `<= ${most} %`, most === undefined ? undefined : share <= most);
}

function quarter(values, q) { return [...values].sort((a, b) => a - b)[Math.floor(values.length * q)].toFixed(1); }

for (const [what, work] of [['random get', gets], ['small commits', commits]]) {
  const times = await turns(BLOCKS, work);
  const perCall = median(times.off) / (work === gets ? GETS : COMMITS);
  report(`${what}: processor time of one at level off`, `${perCall.toFixed(2)} us`);
  overhead(what, times, 'off again', 'off');
  overhead(what, times, 'counts', 'off', 1);
  overhead(what, times, 'times, 1 % sampled', 'off', 2);
}

// A profile in production mode: blocks of work with and without it in turn; of each block the median batch, which has samples in it like
// any other. What starting and stopping takes comes on top.
db.setProfiling('counts');
const mixed = async () => {
  for (let i = 0; i < 8; i++) {
    gets();
    await commits();
  }
};
async function block() {
  const times = [];
  for (let i = 0; i < PROFILED_BATCHES; i++) times.push(await processorTime(mixed));
  return median(times);
}
const times = { with: [], without: [] };
let edgesUs = 0;
let share = 0;
let profiledMs = 0;
for (let round = -1; round < PROFILED_BLOCKS; round++) {
  const profiled = async () => {
    let profiler;
    edgesUs += round < 0 ? 0 : await processorTime(() => { profiler = db.profile({ production: true, memory: true }); });
    profiler ??= db.profile({ production: true, memory: true });
    const us = await block();
    let profile;
    const stopUs = await processorTime(async () => { profile = await profiler.stop(); });
    if (round < 0) return;
    edgesUs += stopUs;
    profiledMs += profile.data.meta.durationMs;
    share += profile.data.meta.overheadShare / PROFILED_BLOCKS;
    times.with.push(us);
  };
  const plain = async () => {
    const us = await block();
    if (round >= 0) times.without.push(us);
  };
  for (const run of round % 2 === 0 ? [profiled, plain] : [plain, profiled]) await run();
}
overhead('profile in production mode', times, 'with', 'without', 5);
const edges = edgesUs / PROFILED_BLOCKS / 1000;
report('starting and stopping a profile, processor time', `${edges.toFixed(0)} ms, of 60 s ${(edges / 600).toFixed(2)} %`);
report('profiled in all, and what the profiler said of itself', `${(profiledMs / 1000).toFixed(0)} s, ${(share * 100).toFixed(2)} %`);
await db.close();
printTable();
