// Subjects in processes of their own, in turn: the garbage of one is not collected in the time of another, and none is compiled for the kinds of objects of
// all. The parent forks the script itself with `--apart <name>`; there, serve() answers.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const REST_MS = 200;

/** The name of the subject that this process is; undefined in the parent. */
export const subjectName = process.argv[2] === '--apart' ? process.argv[3] : undefined;
/** Arguments of the parent's command line, in both. */
export const givenArguments = process.argv.slice(subjectName === undefined ? 2 : 4);

/**
 * In a child: jobs by name, each { prepare, wake, run } or a function that is run and wake; only run is timed. The heap comes to rest before it, and
 * then wake touches what will be used: memory that was not touched for 200 ms can cost a microsecond a page (micro/cold-memory.mjs), in all subjects.
 */
export function serve(jobs) {
  const answer = async (job) => {
    const subject = jobs[job];
    const { prepare, wake, run } = typeof subject === 'function' ? { wake: subject, run: subject } : subject;
    await prepare?.();
    await new Promise((resolve) => { setTimeout(resolve, REST_MS); });
    await wake?.();
    const cpu = process.cpuUsage();
    const start = performance.now();
    await run();
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    process.send({ ms, cpuMs: (user + system) / 1000 });
  };
  process.on('message', ({ job }) => { void answer(job); });
}

/** Starts a process for each name. `rounds(count, job, names)` gives what alternate() gives; `end()` ends them all. */
export function startApart(scriptUrl, names) {
  const children = new Map(names.map((name) => [name, fork(fileURLToPath(scriptUrl), ['--apart', name, ...givenArguments])]));
  const ask = (name, job) => new Promise((resolve, reject) => {
    const child = children.get(name);
    const failed = (code) => { reject(new Error(`${name} ended with ${code} amid ${job}`)); };
    child.once('exit', failed);
    child.once('message', (answer) => {
      child.off('exit', failed);
      resolve(answer);
    });
    child.send({ job });
  });
  return {
    async rounds(count, job, names = [...children.keys()]) {
      const ms = { ...Object.fromEntries(names.map((name) => [name, []])), cpu: Object.fromEntries(names.map((name) => [name, []])) };
      for (let round = 0; round < count; round++) {
        for (const name of round % 2 === 0 ? names : [...names].reverse()) {
          const answer = await ask(name, job);
          ms[name].push(answer.ms);
          ms.cpu[name].push(answer.cpuMs);
        }
      }
      return ms;
    },
    end() { for (const child of children.values()) child.kill(); },
  };
}
