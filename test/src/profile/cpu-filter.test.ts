import { expect, test } from 'vitest';
import { filterCpuProfile } from '../../../src/profile/cpu-filter.js';
import type { CpuProfileData } from '../../../src/profile/data/v8-data.js';

const root = new URL('../../../', import.meta.url).href;

function node(id: number, url: string, hitCount: number, children: readonly number[]): CpuProfileData['nodes'][number] {
  return { id, callFrame: { functionName: `f${id}`, url, lineNumber: 0, columnNumber: 0 }, hitCount, children };
}

test('time in other parts is given to who called them, and none is lost', () => {
  const profile: CpuProfileData = {
    startTime: 0, endTime: 100, timeDeltas: [1, 1, 1, 1, 1, 1], samples: [1, 2, 3, 4, 5, 6],
    nodes: [
      node(1, '', 1, [2, 6]), node(2, 'file:///app/main.js', 1, [3]), node(3, `${root}src/database.ts`, 1, [4]), node(4, `${root}txn/engine.ts`, 1, [5]),
      node(5, 'node:fs', 1, []), node(6, `${root}storage/mod.ts`, 1, []),
    ],
  };
  expect(filterCpuProfile(profile, undefined)).toBe(profile);
  const kept = filterCpuProfile(profile, ['txn', 'storage']);
  expect(kept.nodes.map(({ id, hitCount, children }) => [id, hitCount, children])).toEqual([[1, 3, [6, 4]], [4, 2, []], [6, 1, []]]);
  expect(kept.samples).toEqual([1, 1, 1, 4, 4, 6]);
});
