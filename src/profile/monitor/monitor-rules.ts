import { ArgumentRangeError, ArgumentTypeError, type OperationKind } from '#storage';
import { assertOptions, shown } from '../../arguments.js';

/** What a rule looks at. Operations are named as in db.stats(): `table.get`, `kv.put`; left out, all of them together. */
export type MonitorRule = { readonly id?: string } & (
  | { readonly when: 'throughput-below'; readonly perSecond: number; readonly operation?: string }
  | { readonly when: 'p99-above'; readonly ms: number; readonly operation: string }
  | { readonly when: 'memory-per-record-above'; readonly bytes: number }
  | { readonly when: 'gc-pause-above'; readonly ms: number }
  | { readonly when: 'event-loop-delay-above'; readonly ms: number }
  | { readonly when: 'cache-hit-rate-below'; readonly share: number }
  | { readonly when: 'lock-wait-above'; readonly msPerSecond: number }
  | { readonly when: 'conflicts-above'; readonly perSecond: number }
  | { readonly when: 'log-stalls-above'; readonly perSecond: number }
  | { readonly when: 'counter-above'; readonly counter: string; readonly perSecond: number }
);

/** Kinds of operations that have a limit of their own. */
export type LimitedKind = Extract<OperationKind, 'read' | 'search' | 'update' | 'append'>;
/** Milliseconds from which one operation is reported as slow, by kind. */
export type OperationLimits = Readonly<Partial<Record<LimitedKind, number>>>;

export const DEFAULT_LIMITS_MS: Readonly<Record<LimitedKind, number>> = { read: 100, search: 5000, update: 200, append: 150 };

/** The number that decides a rule. */
export function thresholdOf(rule: MonitorRule): number {
  switch (rule.when) {
    case 'throughput-below': case 'conflicts-above': case 'log-stalls-above': case 'counter-above': return rule.perSecond;
    case 'p99-above': case 'gc-pause-above': case 'event-loop-delay-above': return rule.ms;
    case 'memory-per-record-above': return rule.bytes;
    case 'cache-hit-rate-below': return rule.share;
    case 'lock-wait-above': return rule.msPerSecond;
  }
}

/** A name for a rule that has none. */
export function idOf(rule: MonitorRule): string {
  if (rule.id !== undefined) return rule.id;
  const of = 'operation' in rule && rule.operation !== undefined ? `:${rule.operation}` : rule.when === 'counter-above' ? `:${rule.counter}` : '';
  return `${rule.when}${of}`;
}

export function isBroken(rule: MonitorRule, value: number): boolean {
  return rule.when.endsWith('-below') ? value < thresholdOf(rule) : value > thresholdOf(rule);
}

const FIELDS: Readonly<Record<MonitorRule['when'], readonly string[]>> = {
  'throughput-below': ['perSecond', 'operation'], 'p99-above': ['ms', 'operation'], 'memory-per-record-above': ['bytes'], 'gc-pause-above': ['ms'],
  'event-loop-delay-above': ['ms'], 'cache-hit-rate-below': ['share'], 'lock-wait-above': ['msPerSecond'], 'conflicts-above': ['perSecond'],
  'log-stalls-above': ['perSecond'], 'counter-above': ['counter', 'perSecond'],
};

/** Throws OPTION for rules that make no sense. */
export function assertRules(rules: readonly MonitorRule[]): void {
  if (!Array.isArray(rules)) throw new ArgumentTypeError('OPTION', `rules of a monitor are a list, got ${shown(rules)}`);
  for (const rule of rules as readonly MonitorRule[]) {
    const fields = typeof rule === 'object' && Object.hasOwn(FIELDS, rule.when) ? FIELDS[rule.when] : undefined;
    if (fields === undefined) throw new ArgumentRangeError('OPTION', `a rule says when: ${Object.keys(FIELDS).join(', ')}`);
    assertOptions(rule, ['id', 'when', ...fields], `the rule ${rule.when}`);
    const threshold: unknown = thresholdOf(rule);
    if (typeof threshold !== 'number' || !(threshold >= 0)) throw new ArgumentRangeError('OPTION', `the rule ${rule.when} takes a number from 0 for ${fields.find((f) => f !== 'operation' && f !== 'counter') ?? ''}`);
    if (rule.when === 'p99-above' && typeof rule.operation !== 'string') throw new ArgumentTypeError('OPTION', 'the rule p99-above names an operation');
    if (rule.when === 'counter-above' && !/^[^.]+\..+$/.test(String(rule.counter))) throw new ArgumentTypeError('OPTION', 'the rule counter-above names a counter, for example wal.cutBacks');
  }
}
