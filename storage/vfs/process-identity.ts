import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import { errnoOf } from './system-error.js';
import type { LockClaimant, LockHolder } from './lock-holder.js';

/** Who this process (and thread) is, and what it can tell about others. */
export interface ProcessIdentity extends LockClaimant {
  /** false only when the holder is provably gone; whoever cannot be judged from here counts as alive. */
  isAlive(holder: LockHolder): boolean;
}

/**
 * The real process. On Linux from /proc: a pid alone is given out again, pid + start time + boot is
 * not. Elsewhere host and pid are all there is, so that a reused pid keeps a lock (with a remedy in the error).
 */
export function nodeProcessIdentity(): ProcessIdentity {
  const me = ownIdentity ??= readOwnIdentity();
  return { ...me, isAlive: (holder) => judge(me, holder, processAlive) };
}

/** Of this thread, for as long as it lives: it is asked for at each opening. */
let ownIdentity: LockClaimant | undefined;

function readOwnIdentity(): LockClaimant {
  const pid = process.pid;
  const taskId = readLink('/proc/thread-self')?.split('/').at(-1);
  return {
    pid,
    host: hostname(),
    threadId,
    startTime: taskState(`/proc/${pid}/stat`)?.startTime,
    taskId,
    taskStartTime: taskId === undefined ? undefined : taskState(`/proc/${pid}/task/${taskId}/stat`)?.startTime,
    bootId: readText('/proc/sys/kernel/random/boot_id')?.trim(),
    machineId: readText('/etc/machine-id')?.trim(),
    pidNamespace: readLink('/proc/self/ns/pid'),
    netNamespace: readLink('/proc/self/ns/net'),
  };
}

/**
 * The rule of takeover, apart from how a process is looked up.
 *
 * - Same boot: the process table decides. Pids of another pid namespace mean nothing here; such a holder
 *   counts as gone only if it bore our host name in another network, which is a container started again.
 * - Another boot of the same machine: nothing outlives a boot.
 * - No boot known (not Linux): the process table, if the host is the same.
 * - Anything else cannot be judged: alive.
 */
export function judge(me: LockClaimant, holder: LockHolder, alive: (holder: LockHolder) => boolean): boolean {
  if (me.bootId !== undefined && holder.bootId !== undefined) {
    if (me.bootId !== holder.bootId) return !sameMachine(me, holder);
    if (differ(me.pidNamespace, holder.pidNamespace)) {
      return !(me.host === holder.host && differ(me.netNamespace, holder.netNamespace));
    }
    return alive(holder);
  }
  return me.host === holder.host ? alive(holder) : true;
}

function sameMachine(me: LockClaimant, holder: LockHolder): boolean {
  return me.host === holder.host && !differ(me.machineId, holder.machineId);
}

function differ(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function processAlive(holder: LockHolder): boolean {
  if (!pidExists(holder.pid)) return false;
  // /proc may hide the processes of other users: what cannot be seen counts as alive.
  const process = taskState(`/proc/${holder.pid}/stat`);
  if (process === undefined) return true;
  if (differ(process.startTime, holder.startTime)) return false;
  // A zombie whose other threads still run may yet finish a system call.
  if (process.ended) return taskCount(holder.pid) > 1;
  if (holder.taskId === undefined || !/^\d+$/.test(holder.taskId)) return true;
  const task = taskState(`/proc/${holder.pid}/task/${holder.taskId}/stat`);
  return task !== undefined && !task.ended && !differ(task.startTime, holder.taskStartTime);
}

function pidExists(pid: number): boolean {
  // Zero would mean our own process group.
  if (pid === 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}

interface TaskState {
  /** In clock ticks after boot. */
  readonly startTime: string | undefined;
  readonly ended: boolean;
}

/** proc(5): `pid (name) state …`, start time in field 22. The name may itself hold blanks and brackets. */
function taskState(path: string): TaskState | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { startTime: fields[19], ended: fields[0] === 'Z' || fields[0] === 'X' };
}

function taskCount(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
