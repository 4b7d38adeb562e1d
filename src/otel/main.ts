// The door `fieldstone/otel`.
export { traceOperations, type TelemetrySpan, type TelemetryTracer, type TraceOperationsOptions } from './trace-operations.js';
