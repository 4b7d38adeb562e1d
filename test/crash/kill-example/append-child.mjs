// The smallest durable program: appends numbered lines to a file, syncs, says so. BUG in the environment breaks it.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { killingVfs, tellParent } from '../../support/sim/killing-vfs.mjs';

const [folder = '', seed = '0'] = process.argv.slice(2);
const bug = process.env.BUG ?? '';
const COMMITS = 40;

/** As much of a Vfs as is needed here. */
const plainVfs = {
  open: (path) => {
    const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT);
    return {
      path,
      readAt: (target, position) => fs.readSync(fd, target, 0, target.length, position),
      writeAt: (source, position) => fs.writeSync(fd, source, 0, source.length, position),
      truncate: (sizeBytes) => fs.ftruncateSync(fd, sizeBytes),
      datasync: () => fs.fdatasyncSync(fd),
      stat: () => ({ sizeBytes: fs.fstatSync(fd).size }),
      close: () => fs.closeSync(fd),
    };
  },
};

const { vfs, calls } = killingVfs(plainVfs);
const file = vfs.open(join(folder, 'log'), 'create');
const bytes = Buffer.alloc(file.stat().sizeBytes);
if (bytes.length > 0) file.readAt(bytes, 0);
// What is behind the last whole line was never promised.
let end = bug === 'tail-kept' ? bytes.length : bytes.lastIndexOf(10) + 1;
if (end < bytes.length) file.truncate(end);
let last = Number(bytes.toString('latin1', 0, end).trimEnd().split('\n').at(-1)?.split(' ')[0] ?? 0);
tellParent('ready');
for (let i = 0; i < COMMITS; i++) {
  const line = Buffer.from(`${++last} ${seed} ${'x'.repeat(40)}\n`);
  if (bug === 'ack-first') tellParent(`ack ${last}`);
  file.writeAt(line, end);
  end += line.length;
  if (bug !== 'no-sync') file.datasync();
  if (bug !== 'ack-first') tellParent(`ack ${last}`);
}
file.close();
tellParent(`calls ${calls()}`);
