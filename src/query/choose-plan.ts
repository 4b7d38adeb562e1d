import { lruMap, type BoundedMap } from '#storage';
import { keyWayOf, type KeptChoice } from './key-way.js';
import type { Params } from './params.js';
import type { Ordering, Plan, PlanContext, PlanRequest } from './plan.js';
import { planByTemplate, plansFor } from './planner.js';
import type { Shape } from './shape.js';

/** A cached choice is given up when it finds so many times the entries it found when it was made. */
const WORSE = 8;
/** Below this many entries any index will do. */
const FEW_ENTRIES = 64;
/** And when the source has grown or shrunk so much. */
const GROWN = 4;
const MOST_CHOICES = 1024;

/** The index that was chosen for a shape, to be taken again while it fits. */
interface Choice extends KeptChoice {
  readonly index: string;
  readonly ordering: Ordering;
  readonly entries: number;
  readonly rowCount: number;
  readonly epoch: unknown;
  /** No run found far more than was expected: the index need not be asked each time how many entries a value has. */
  even: boolean;
}

/**
 * Chooses plans, and remembers what it chose for each shape. A choice is taken again without looking at other ways as long as it
 * is about as good as it was: a prepared query plans once. When a value turns out to be far more frequent than others, the index is
 * asked from then on how frequent each one is, and such values are planned anew.
 */
export class PlanChooser {
  readonly #choices: BoundedMap<string, Choice> = lruMap(MOST_CHOICES);
  /** Queries that were planned in full, and those that took a remembered choice. */
  planned = 0;
  reused = 0;

  /** The plan for this run. `epoch` changes with the indexes. */
  choose(shape: Shape, request: PlanRequest, context: PlanContext, epoch: unknown, params: Params): Plan {
    const key = shape.keyFor(request.givesRows);
    const choice = this.#choices.get(key);
    const plan = choice === undefined ? undefined : again(choice, shape, request, context, epoch, params);
    if (choice !== undefined && plan !== undefined) {
      this.reused++;
      noteWay(shape, plan, request, epoch, choice);
      return plan;
    }
    this.planned++;
    const [best] = plansFor(request, shape.templates(context.indexes, epoch), context, params);
    if (best === undefined) throw new RangeError('a query has no plan'); // there is always the scan
    if (best.access.kind === 'index' && best.access.template !== undefined) {
      const { access: { index, entries }, ordering } = best;
      const made: Choice = { index: index.name, ordering, entries, rowCount: context.rowCount, epoch, even: choice?.even ?? true };
      if (choice !== undefined) choice.even = false; // no way goes on by it
      this.#choices.set(key, made);
      noteWay(shape, best, request, epoch, made);
    } else noteWay(shape, best, request, epoch, undefined);
    return best;
  }

  /** Whether a way that was found by this choice may be gone again without planning: counted as a choice that is taken again. */
  fits(choice: KeptChoice, rowCount: number): boolean {
    if (!choice.even || isOtherSize(choice, rowCount)) return false;
    this.reused++;
    return true;
  }

  /** Told what a run looked at: a choice that found far more than expected is measured before each use from then on. */
  ran(shape: Shape, givesRows: boolean, examined: number): void {
    if (examined <= FEW_ENTRIES) return;
    const choice = this.#choices.get(shape.keyFor(givesRows));
    if (choice !== undefined && isFarMore(examined, choice)) choice.even = false;
  }
}

function noteWay(shape: Shape, plan: Plan, request: PlanRequest, epoch: unknown, choice: Choice | undefined): void {
  const known = request.givesRows ? shape.findWay : shape.countWay;
  if (known?.choice === choice) return;
  const way = choice === undefined ? undefined : keyWayOf(shape.spec, plan, request, epoch, choice);
  if (request.givesRows) shape.findWay = way;
  else shape.countWay = way;
}

/** The source has grown or shrunk too much since. */
function isOtherSize(choice: KeptChoice, rowCount: number): boolean { return rowCount > choice.rowCount * GROWN || choice.rowCount > rowCount * GROWN; }

function isFarMore(entries: number, choice: Choice): boolean { return entries > Math.max(FEW_ENTRIES, choice.entries * WORSE); }

function again(
  choice: Choice, shape: Shape, request: PlanRequest, context: PlanContext, epoch: unknown, params: Params,
): Plan | undefined {
  if (choice.epoch !== epoch || isOtherSize(choice, context.rowCount)) return undefined;
  const template = shape.templates(context.indexes, epoch).indexes.find(({ index }) => index === choice.index);
  const known = choice.even ? choice.entries : undefined;
  const plan = template === undefined ? undefined : planByTemplate(template, choice.ordering, request, context, params, known);
  return plan?.access.kind === 'index' && !isFarMore(plan.access.entries, choice) ? plan : undefined;
}
