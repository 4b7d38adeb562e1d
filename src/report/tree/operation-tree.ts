import type { OperationBreakdown, OperationPhase } from '../../profile/data/operation-data.js';
import { CallTreeBuilder, type CallTree } from './call-tree.js';

/** How reports name the parts of an operation. */
export const PHASE_LABELS: Readonly<Record<OperationPhase, string>> = {
  lockWait: 'lock wait', cache: 'cache', io: 'file I/O', codec: 'codec', serialization: 'serialization', index: 'index', log: 'log',
  checkpoint: 'checkpoint', plan: 'planning', other: 'other',
};

/** All parts, in the order in which reports show them. */
export const OPERATION_PHASES: readonly OperationPhase[] = [
  'lockWait', 'plan', 'index', 'cache', 'io', 'codec', 'serialization', 'log', 'checkpoint', 'other',
];

/** Operations and their parts as a tree of two levels: what a flame graph shows when no CPU profile was taken. */
export function operationTree(operations: readonly OperationBreakdown[]): CallTree {
  const builder = new CallTreeBuilder('all', undefined);
  const nativeFrame = (functionName: string): { functionName: string; url: string; lineNumber: number; columnNumber: number } => (
    { functionName, url: '', lineNumber: -1, columnNumber: -1 }
  );
  for (const { name, totalNs, phases } of operations) {
    const operation = builder.child(builder.root, nativeFrame(name));
    let known = 0;
    for (const phase of OPERATION_PHASES) {
      const ns = phases[phase] ?? 0;
      if (!(ns > 0)) continue;
      builder.child(operation, nativeFrame(PHASE_LABELS[phase])).self += ns;
      known += ns;
    }
    operation.self += Math.max(0, totalNs - known);
  }
  return { root: builder.finish(), unit: 'ns', title: 'time of operations' };
}
