import type { PlanStepData } from '../../profile/data/query-data.js';
import { visibleText } from '../format/escape.js';
import { durationText, shortCount } from '../format/units.js';

/** Deeper steps are not drawn; no plan that the planner makes is as deep. */
const MAX_DEPTH = 40;

/**
 * A plan as lines of text, each step below the one that it feeds.
 *
 * @example
 * planText({ step: 'filter', children: [{ step: 'full scan' }] }); // ['filter', '└─ full scan']
 */
export function planText(plan: PlanStepData): string[] {
  const lines: string[] = [];
  const visit = (step: PlanStepData, head: string, indent: string, depth: number): void => {
    lines.push(`${head}${stepText(step)}`);
    if (step.hint !== undefined) lines.push(`${indent}   hint: ${visibleText(step.hint)}`);
    const children = depth < MAX_DEPTH ? step.children ?? [] : [];
    children.forEach((child, i) => {
      const isLast = i === children.length - 1;
      visit(child, `${indent}${isLast ? '└─ ' : '├─ '}`, `${indent}${isLast ? '   ' : '│  '}`, depth + 1);
    });
  };
  visit(plan, '', '', 0);
  return lines;
}

/** `full scan: people (rows 120 k expected, 120 k read; 96 ms)`. */
function stepText({ step, detail, cost, estimatedRows, actualRows, timeNs }: PlanStepData): string {
  const rows = [estimatedRows === undefined ? undefined : `${shortCount(estimatedRows)} expected`, actualRows === undefined ? undefined : `${shortCount(actualRows)} came`]
    .filter((part) => part !== undefined).join(', ');
  const facts = [
    rows === '' ? undefined : `rows ${rows}`, timeNs === undefined ? undefined : durationText(timeNs), cost === undefined ? undefined : `cost ${shortCount(cost)}`,
  ].filter((part) => part !== undefined).join('; ');
  return visibleText(`${step}${detail === undefined ? '' : `: ${detail}`}${facts === '' ? '' : `  (${facts})`}`);
}
