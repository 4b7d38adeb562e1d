import type { ProfileData } from '../profile/profile-data.js';
import { cpuProfileReport, heapProfileReport } from './cpuprofile.js';
import { dotReport } from './dot.js';
import { flameGraphReport } from './flame/flame-graph.js';
import { foldedReport } from './folded.js';
import { htmlReport } from './html/html-report.js';
import { jsonReport } from './json.js';
import { pprofReport } from './pprof/pprof.js';
import { prometheusReport } from './prometheus/prometheus.js';
import type { ReportFormat } from './report-format.js';
import { textReport } from './text/text-report.js';
import { traceNdjsonReport } from './trace-ndjson.js';
import { traceParquetReport } from './trace-parquet.js';

/**
 * The profile in that format: text, or bytes for pprof and Parquet. The same data always gives the same result.
 *
 * @example
 * await writeFile(path, renderReport(data, formatOfReport(path)));
 */
export function renderReport(data: ProfileData, format: ReportFormat): string | Uint8Array {
  switch (format) {
    case 'html': return htmlReport(data);
    case 'svg': return flameGraphReport(data);
    case 'pprof': return pprofReport(data);
    case 'cpuprofile': return cpuProfileReport(data);
    case 'heapprofile': return heapProfileReport(data);
    case 'json': return jsonReport(data);
    case 'prometheus': return prometheusReport(data);
    case 'text': return textReport(data);
    case 'folded': return foldedReport(data);
    case 'dot': return dotReport(data);
    case 'ndjson': return traceNdjsonReport(data);
    case 'parquet': return traceParquetReport(data);
  }
}
