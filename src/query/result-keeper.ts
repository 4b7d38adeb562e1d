import { nodeText, valueKey, valueStyle } from './node-text.js';
import { operandValue, type Params } from './params.js';
import type { ResultCache, RowsVersion } from './result-cache.js';
import type { Shape } from './shape.js';

/** What one run has to do with the cache of results. */
export interface ResultKeeper {
  /** Record numbers of the result, when an earlier run found it. */
  readonly known: Float64Array | undefined;
  /** A row of the result. */
  found(recno: number): void;
  /** All rows were found: the result can be kept. */
  complete(): void;
}

interface Run {
  readonly params: Params;
  readonly limit: number;
  /** Rows that are only counted come in any order: their result is another one. */
  readonly givesRows: boolean;
}

/** Undefined when nothing is kept for this run. */
export function resultKeeper(cache: ResultCache, version: RowsVersion | undefined, shape: Shape, run: Run): ResultKeeper | undefined {
  if (!cache.isOn || version === undefined) return undefined;
  const values = nodeText(shape.filter, valueStyle((operand) => operandValue(operand, run.params), valueKey));
  const key = `${shape.keyFor(run.givesRows)}\0${values}\0${shape.spec.skip} ${run.limit}`;
  const known = cache.get(key, version);
  if (known !== undefined) return { known, found: () => undefined, complete: () => undefined };
  let recnos: number[] | undefined = [];
  return {
    known,
    found: (recno) => {
      if (recnos !== undefined && recnos.push(recno) > cache.mostRows) recnos = undefined;
    },
    complete: () => { if (recnos !== undefined) cache.put(key, version, recnos); },
  };
}
