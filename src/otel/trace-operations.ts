import { tracingChannel } from 'node:diagnostics_channel';
import type { OperationContext } from '#storage';
import { assertOptions, shown } from '../arguments.js';
import { ArgumentTypeError } from '#storage';

/** What is used of a span of OpenTelemetry; one of `@opentelemetry/api` fits. */
export interface TelemetrySpan {
  recordException(error: Error): void;
  /** `code` 2 is ERROR. */
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

/** What is used of a tracer; `trace.getTracer('my-app')` of `@opentelemetry/api` fits. */
export interface TelemetryTracer {
  startSpan(name: string, options?: { attributes?: Record<string, string> }): TelemetrySpan;
}

/** Options of traceOperations(). */
export interface TraceOperationsOptions {
  readonly tracer: TelemetryTracer;
  /** Which operations become spans. Default: transactions, single writes, checkpoints, searches; point reads are too many and too short. */
  readonly operations?: readonly string[];
}

const STATUS_ERROR = 2;
const DEFAULT_OPERATIONS = [
  'transaction', 'table.insert', 'table.insertMany', 'table.update', 'table.delete', 'table.pack', 'kv.put', 'kv.delete', 'kv.batch', 'checkpoint', 'find',
];

/**
 * Makes a span of each operation of every database of this process, named `fieldstone <operation>`, with the attributes of
 * the conventions for databases (`db.system.name`, `db.operation.name`, `db.collection.name`, `db.namespace`). No values. Returns what ends it.
 *
 * @example
 * import { trace } from '@opentelemetry/api';
 * import { traceOperations } from 'fieldstone/otel';
 * const stop = traceOperations({ tracer: trace.getTracer('my-app') });
 */
export function traceOperations(options: TraceOperationsOptions): () => void {
  assertOptions(options, ['tracer', 'operations'], 'traceOperations');
  const { tracer, operations = DEFAULT_OPERATIONS } = options;
  if (typeof tracer?.startSpan !== 'function') throw new ArgumentTypeError('OPTION', `tracer is a tracer of OpenTelemetry, got ${shown(tracer)}`);
  const stops = operations.map((name) => follow(name, tracer));
  return () => { for (const stop of stops) stop(); };
}

function follow(name: string, tracer: TelemetryTracer): () => void {
  const channel = tracingChannel<OperationContext, OperationContext>(`fieldstone:${name}`);
  const spans = new WeakMap<object, TelemetrySpan>();
  const end = (message: OperationContext): void => {
    spans.get(message)?.end();
    spans.delete(message);
  };
  const subscribers = {
    start: (message: OperationContext) => { spans.set(message, tracer.startSpan(`fieldstone ${message.operation}`, { attributes: attributesOf(message) })); },
    // A promise goes on after `end`; its span ends when it is settled.
    end: (message: OperationContext & { readonly result?: unknown; readonly error?: unknown }) => {
      if (!(message.result instanceof Promise) && ('result' in message || 'error' in message)) end(message);
    },
    asyncStart: () => undefined,
    asyncEnd: end,
    error: (message: OperationContext & { readonly error: unknown }) => {
      const { error } = message;
      const span = spans.get(message);
      if (error instanceof Error) span?.recordException(error);
      span?.setStatus({ code: STATUS_ERROR, ...(error instanceof Error ? { message: error.message } : {}) });
    },
  };
  channel.subscribe(subscribers);
  return () => { channel.unsubscribe(subscribers); };
}

function attributesOf({ operation, target, database }: OperationContext): Record<string, string> {
  return {
    'db.system.name': 'fieldstone', 'db.operation.name': operation, 'db.namespace': database, ...(target === '' ? {} : { 'db.collection.name': target }),
  };
}
