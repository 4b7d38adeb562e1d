import type { Probe } from '#storage';

const STATES: ReadonlySet<string> = new Set([
  'cache.table.bytes', 'cache.memo.bytes', 'cache.index.bytes', 'cache.tree.bytes', 'buffers.outstanding', 'locks.maxQueue', 'wal.longestWaitNs',
]);

/** Tells numbers that go up and down, or are a maximum, from those that only grow: `group.name`. */
export function isState(probe: Probe): (group: string, name: string) => boolean {
  const gauges = probe.gaugeNames();
  return (group, name) => STATES.has(`${group}.${name}`) || gauges.has(`${group}.${name}`);
}
