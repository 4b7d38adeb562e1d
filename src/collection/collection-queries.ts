import type { Engine } from '#txn';
import { PlanChooser } from '../query/choose-plan.js';
import type { QueryContext } from '../query/query-context.js';
import { IdGenerator } from '../document/document-id.js';
import { DocumentCodecs } from './document-codecs.js';

/** What the collections of a database share. */
export interface CollectionQueries {
  readonly context: QueryContext;
  readonly codecs: DocumentCodecs;
  readonly ids: IdGenerator;
  /** For `$currentDate`. */
  readonly now: () => Date;
}

const SORT_MEMORY_BYTES = 64 << 20;

/** Made once for a database. */
export function collectionQueries(engine: Engine): CollectionQueries {
  const { clock, random, scheduler } = engine.options.env;
  const context = { clock, scheduler, limits: { sortMemoryBytes: SORT_MEMORY_BYTES }, plans: new PlanChooser(), ran: () => undefined };
  return { context, codecs: new DocumentCodecs(engine), ids: new IdGenerator(clock, random), now: () => new Date(clock.nowMs()) };
}
