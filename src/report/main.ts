// The door `fieldstone/report`: profiles as data in, text or bytes out; nothing here reads a clock or a file.
export { renderReport } from './render-report.js';
export { formatOfReport, REPORT_EXTENSIONS, type ReportFormat } from './report-format.js';
export { flameGraphReport, type FlameSubject } from './flame/flame-graph.js';
export { pprofReport } from './pprof/pprof.js';
export { cpuProfileReport, heapProfileReport } from './cpuprofile.js';
export { jsonReport } from './json.js';
export { prometheusReport } from './prometheus/prometheus.js';
export { textReport } from './text/text-report.js';
export { foldedReport } from './folded.js';
export { dotReport } from './dot.js';
export { traceNdjsonReport } from './trace-ndjson.js';
export { traceParquetReport } from './trace-parquet.js';
export { findFindings } from './findings/find-findings.js';
export { formatMetrics, type MetricFamily, type MetricHistogram, type MetricLabels, type MetricSample } from './format/metric-family.js';
export { counterFamilies } from './prometheus/counter-families.js';
export { histogramFamilies } from './prometheus/histogram-metric.js';
export {
  PROFILE_SCHEMA_VERSION, type FindingLevel, type KnobInForce, type ProfileData, type ProfileFinding, type ProfileMeta,
} from '../profile/profile-data.js';
