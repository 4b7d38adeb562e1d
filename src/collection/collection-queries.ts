import type { Engine } from '#txn';
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

/** Made once for a database. `context`: what all its queries share. */
export function collectionQueries(engine: Engine, context: QueryContext): CollectionQueries {
  const { clock, random } = engine.options.env;
  return { context, codecs: new DocumentCodecs(engine), ids: new IdGenerator(clock, random), now: () => new Date(clock.nowMs()) };
}
