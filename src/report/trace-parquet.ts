import type { ProfileData } from '../profile/profile-data.js';
import { visibleText } from './format/escape.js';
import { parquetFile } from './parquet/parquet-file.js';
import { cacheAccesses } from './trace-ndjson.js';

/** Numbers the different texts of a column. */
class Dictionary {
  readonly texts: string[] = [];
  readonly places: number[] = [];
  readonly #known = new Map<string, number>();

  add(text: string): void {
    let place = this.#known.get(text);
    if (place === undefined) {
      place = this.texts.length;
      this.#known.set(text, place);
      this.texts.push(visibleText(text));
    }
    this.places.push(place);
  }
}

/**
 * The trace of the page cache as a Parquet file with the columns `at_us`, `file`, `kind`, `page`, `outcome`; without rows
 * when no trace was taken.
 *
 * @example
 * await writeFile('cache.parquet', traceParquetReport(data)); // select outcome, count(*) from 'cache.parquet' group by 1
 */
export function traceParquetReport(data: ProfileData): Uint8Array {
  const atUs: number[] = [];
  const pages: number[] = [];
  const [files, kinds, outcomes] = [new Dictionary(), new Dictionary(), new Dictionary()];
  for (const access of data.cacheTrace === undefined ? [] : cacheAccesses(data.cacheTrace)) {
    atUs.push(access.atUs);
    pages.push(access.page);
    files.add(access.file);
    kinds.add(access.kind);
    outcomes.add(access.outcome);
  }
  return parquetFile([
    { name: 'at_us', numbers: atUs }, { name: 'file', texts: files.texts, places: files.places }, { name: 'kind', texts: kinds.texts, places: kinds.places },
    { name: 'page', numbers: pages }, { name: 'outcome', texts: outcomes.texts, places: outcomes.places },
  ], atUs.length);
}
