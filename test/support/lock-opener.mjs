// A process that takes and gives up the lock of a folder as its parent says, one command a line.
// Arguments: address of storage/mod.js, folder.
import { createInterface } from 'node:readline';

const [address, folder] = process.argv.slice(2);
const { acquireDatabaseLock, nodeEnvironment, nodeProcessIdentity, nodeVfs } = await import(address);
const environment = nodeEnvironment(nodeVfs());
const identity = nodeProcessIdentity();
let lock;

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const acquire = () => {
  try {
    lock = acquireDatabaseLock(environment, folder, identity);
    return { got: lock.nonce, pid: process.pid, tookOverFrom: lock.tookOverFrom?.pid };
  } catch (error) {
    return { code: error.code, message: error.message, details: error.details };
  }
};
const commands = {
  acquire: () => say(acquire()),
  // All openers begin at the same moment of the clock.
  acquireAt: (atMs) => {
    while (Date.now() < Number(atMs)) { /* spin */ }
    say(acquire());
  },
  held: () => say({ held: lock?.stillHeld() ?? false }),
  release: () => { lock?.release(); lock = undefined; say({ released: true }); },
  exit: (code) => process.exit(Number(code)),
  signals: () => say({ listeners: process.listenerCount('SIGTERM') }),
};

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [name, ...rest] = line.split(' ');
  commands[name](...rest);
});
say({ ready: true });
