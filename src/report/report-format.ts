import { FieldstoneError } from '#storage';

/** A form in which a profile can be saved. */
export type ReportFormat = 'html' | 'svg' | 'pprof' | 'cpuprofile' | 'heapprofile' | 'json' | 'prometheus' | 'text' | 'folded' | 'dot' | 'ndjson' | 'parquet';

const BY_EXTENSION: readonly (readonly [extension: string, format: ReportFormat])[] = [
  ['.html', 'html'], ['.htm', 'html'], ['.svg', 'svg'], ['.pb.gz', 'pprof'], ['.cpuprofile', 'cpuprofile'], ['.heapprofile', 'heapprofile'], ['.json', 'json'],
  ['.prom', 'prometheus'], ['.txt', 'text'], ['.folded', 'folded'], ['.dot', 'dot'], ['.ndjson', 'ndjson'], ['.parquet', 'parquet'],
];

/** The extensions that reports are saved under, in the order in which help lists them. */
export const REPORT_EXTENSIONS: readonly string[] = BY_EXTENSION.map(([extension]) => extension);

/**
 * The format that a name stands for, by its extension, without regard to case.
 *
 * @throws FieldstoneError OPTION when the extension stands for none; the message lists those that do.
 * @example
 * formatOfReport('out/report.html'); // 'html'
 */
export function formatOfReport(path: string): ReportFormat {
  const name = path.toLowerCase();
  const found = BY_EXTENSION.find(([extension]) => name.endsWith(extension));
  if (found === undefined) throw new FieldstoneError('OPTION', `the name of a report must end in one of ${REPORT_EXTENSIONS.join(' ')}`, { file: path });
  return found[1];
}
