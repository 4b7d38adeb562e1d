import { expect, test } from 'vitest';
import { char, open } from '../../../src/main.js';
import { traceOperations, type TelemetryTracer } from '../../../src/otel/main.js';

function recorder(): { tracer: TelemetryTracer; log: string[]; open: () => number } {
  const log: string[] = [];
  let started = 0;
  let ended = 0;
  return {
    log, open: () => started - ended,
    tracer: {
      startSpan: (name, options) => {
        started++;
        log.push(`start ${name} ${JSON.stringify(options?.attributes)}`);
        return {
          recordException: (error) => { log.push(`exception ${error.message}`); },
          setStatus: ({ code }) => { log.push(`status ${code}`); },
          end: () => { ended++; log.push(`end ${name}`); },
        };
      },
    },
  };
}

test('each operation is one span, ended once, with names and without values', async () => {
  const { tracer, log, open: unfinished } = recorder();
  const db = await open(':memory:');
  const people = await db.createTable('people', { name: char(20) });
  const kv = db.kv('things');
  await kv.put('before', 1);
  const stop = traceOperations({ tracer, operations: ['kv.put', 'table.get', 'transaction'] });
  await kv.put('SECRET', 'SECRET');
  people.get(1);
  await expect(db.transaction(() => { throw new Error('no'); }, { name: 'failing' })).rejects.toThrow('no');
  stop();
  await kv.put('after', 1);
  expect(log).toEqual([
    'start fieldstone kv.put {"db.system.name":"fieldstone","db.operation.name":"kv.put","db.namespace":"/memory","db.collection.name":"things"}', 'end fieldstone kv.put',
    'start fieldstone table.get {"db.system.name":"fieldstone","db.operation.name":"table.get","db.namespace":"/memory","db.collection.name":"people"}', 'end fieldstone table.get',
    'start fieldstone transaction {"db.system.name":"fieldstone","db.operation.name":"transaction","db.namespace":"/memory","db.collection.name":"failing"}',
    'exception no', 'status 2', 'end fieldstone transaction',
  ]);
  expect(unfinished()).toBe(0);
  expect(log.join()).not.toContain('SECRET');
  await db.close();
});

test('without a tracer it is refused', () => {
  expect(() => traceOperations({} as never)).toThrow(expect.objectContaining({ code: 'OPTION' }));
});
