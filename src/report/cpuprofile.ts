import type { ProfileData } from '../profile/profile-data.js';
import { scriptJson } from './format/escape.js';

/**
 * The CPU profile as Chrome DevTools (Performance, Load profile), VS Code and Speedscope open it; an empty profile when
 * none was taken.
 *
 * @example
 * await writeFile('work.cpuprofile', cpuProfileReport(data));
 */
export function cpuProfileReport(data: ProfileData): string {
  const root = { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 };
  return scriptJson(data.cpu ?? { nodes: [{ id: 1, callFrame: root, hitCount: 0, children: [] }], startTime: 0, endTime: 0, samples: [], timeDeltas: [] });
}

/** The sampled allocations as Chrome DevTools (Memory, Load profile) opens them; empty when none were taken. */
export function heapProfileReport(data: ProfileData): string {
  const callFrame = { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 };
  return scriptJson(data.heap ?? { head: { callFrame, selfSize: 0, id: 1, children: [] }, samples: [] });
}
