import { createRequire } from 'node:module';

type Filter = Readonly<Record<string, unknown>>;
type Test = (document: unknown) => boolean;

interface Mingo {
  readonly Query: new (filter: Filter) => { test(document: unknown): boolean };
  /** Changes the document in place; names of the paths that it changed. */
  readonly updateOne: (documents: unknown[], filter: Filter, change: Filter, config?: Filter) => unknown;
}

// Loaded at run time: their types are as wide as the query language and would slow down every type check.
const load = createRequire(import.meta.url);
const mingo = load('mingo') as Mingo;
const sift = (load('sift') as { default: (filter: Filter) => Test }).default;

/** What mingo says a filter matches. */
export function mingoTest(filter: Filter): Test {
  const query = new mingo.Query(filter);
  return (document) => query.test(document);
}

/** What sift says a filter matches. */
export function siftTest(filter: Filter): Test { return sift(filter); }

/** What mingo makes of a document; the document itself is not changed. */
export function mingoUpdate(document: unknown, change: Filter): unknown {
  const copy: unknown = structuredClone(document);
  mingo.updateOne([copy], {}, change);
  return copy;
}
