import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FieldstoneError } from '#storage';
import { KNOBS, KNOB_NAMES, PRESETS, knobOf, type KnobName } from '../../../src/config/knobs.js';
import { CONTRADICTIONS, resolveOptions, variableOf } from '../../../src/config/resolve.js';

function refusal(input: unknown, variables: Record<string, string> = {}): FieldstoneError {
  try {
    resolveOptions(input, variables);
  } catch (error) {
    if (error instanceof FieldstoneError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('layers', () => {
  test('nothing given: every value is its default', () => {
    const { values, sources } = resolveOptions(undefined, {});
    for (const name of KNOB_NAMES) {
      expect(sources[name], name).toBe('default');
      expect(values[name], name).toBe(KNOBS[name].default);
    }
  });

  test('option beats environment beats preset beats default', () => {
    const variables = { FIELDSTONE_CACHE_SIZE: '48mb', FIELDSTONE_LOCK_SHARDS: '7' };
    const { values, sources } = resolveOptions({ preset: 'production', cacheSize: '32mb' }, variables);
    expect([values.cacheSize, sources.cacheSize]).toEqual([32 * 1024 ** 2, 'option']);
    expect([values.lockShards, sources.lockShards]).toEqual([7, 'environment']);
    expect([values.bufferPool, sources.bufferPool]).toEqual([64 * 1024 ** 2, 'preset']);
    expect([values.retries, sources.retries]).toEqual([10, 'default']);
  });

  test('a preset may come from the environment, and an explicit one wins over it', () => {
    expect(resolveOptions({}, { FIELDSTONE_PRESET: 'development' }).values.profiling).toBe('times');
    expect(resolveOptions({ preset: 'production' }, { FIELDSTONE_PRESET: 'development' }).values.profiling).toBe('counts');
  });

  test('undefined is the same as left out', () => {
    expect(resolveOptions({ cacheSize: undefined }, { FIELDSTONE_CACHE_SIZE: undefined }).sources.cacheSize).toBe('default');
  });

  test('logLimit follows checkpointSize, and create follows readOnly, until they are given', () => {
    expect(resolveOptions({ checkpointSize: '1mb' }, {}).values.logLimit).toBe(4 * 1024 ** 2);
    expect(resolveOptions({ checkpointSize: '1mb', logLimit: '1mb' }, {}).values.logLimit).toBe(1024 ** 2);
    expect(resolveOptions({ readOnly: true }, {}).values.create).toBe(false);
  });

  test('a code page is kept by its canonical name', () => {
    expect(resolveOptions({ encoding: 'Windows-1252' }, {}).values.encoding).toBe('cp1252');
    expect(refusal({ encoding: 'cp1253x' }).message).toContain('cp1253');
  });

  test('every knob can be set by its variable', () => {
    const texts: Partial<Record<KnobName, string>> = { preset: 'staging', encoding: 'cp866', readOnly: '1', create: 'FALSE', samplingRate: '0.5' };
    for (const name of KNOB_NAMES) {
      const knob = knobOf(name);
      const text = texts[name] ?? String(knob.kind === 'enum' ? knob.choices[0] : knob.default);
      expect(resolveOptions(undefined, { [variableOf(name)]: text }).sources[name], name).toBe('environment');
    }
    expect(variableOf('lockTimeoutMs')).toBe('FIELDSTONE_LOCK_TIMEOUT_MS');
  });
});

describe('values', () => {
  test('sizes are bytes or text with a binary unit', () => {
    const sizeOf = (given: unknown): number => resolveOptions({ cacheSize: given }, {}).values.cacheSize;
    expect(sizeOf(65536)).toBe(65536);
    expect(sizeOf('65536')).toBe(65536);
    expect(sizeOf('64kb')).toBe(65536);
    expect(sizeOf(' 1.5 MB ')).toBe(1572864);
    expect(sizeOf('2gb')).toBe(2147483648);
  });

  test('durations are milliseconds or text with a unit', () => {
    const durationOf = (given: unknown): number => resolveOptions({ lockTimeoutMs: given }, {}).values.lockTimeoutMs;
    expect(durationOf(1500)).toBe(1500);
    expect(durationOf('10s')).toBe(10_000);
    expect(durationOf('2min')).toBe(120_000);
  });

  test.each([
    ['cacheSize', '64 parsecs'], ['cacheSize', ''], ['cacheSize', -1], ['cacheSize', Number.NaN], ['cacheSize', Infinity], ['cacheSize', 70000.5],
    ['cacheSize', null], ['cacheSize', true], ['cacheSize', 10n ** 6n], ['cacheSize', [65536]], ['cacheSize', '1e9'], ['cacheSize', '0x10000'],
    ['cacheSize', '2tb'], ['pageSize', 5000], ['pageSize', 256], ['lockTimeoutMs', '10kb'], ['retries', '10'], ['retries', 1.5], ['readOnly', 'true'],
    ['readOnly', 1], ['durability', 'fsync'], ['durability', 'COMMIT'], ['preset', 'prod'], ['encoding', ''], ['encoding', 1252],
    ['samplingRate', 1.01], ['samplingRate', -0.1],
  ])('%s: %s is refused and the range named', (name, given) => {
    const error = refusal({ [name]: given });
    expect(error.code).toBe('OPTION');
    expect(error.option).toBe(name);
    expect(error.message).toMatch(new RegExp(`^${name} must be .+, got `));
  });

  test('an error about the environment names the variable', () => {
    expect(refusal({}, { FIELDSTONE_CACHE_SIZE: 'lots' }).message).toMatch(/^FIELDSTONE_CACHE_SIZE must be .* from 64kb to 1tb, got "lots"$/);
    expect(refusal({}, { FIELDSTONE_READ_ONLY: 'yes' }).message).toContain('true or false');
    expect(refusal({}, { FIELDSTONE_RETRIES: 'ten' }).message).toContain('from 0 to 1000');
  });
});

describe('unknown names', () => {
  test('an option: the nearest names are offered', () => {
    const error = refusal({ cachesize: 1 });
    expect(error.message).toBe('unknown option "cachesize"; did you mean cacheSize?');
    expect(error.details?.['nearest']).toEqual(['cacheSize']);
  });

  test('an option like nothing known: all are listed', () => {
    expect(refusal({ zzz: 1 }).message).toContain('known options: preset, readOnly');
  });

  test('a variable close to ours is a slip, any other is not our business', () => {
    expect(refusal({}, { FIELDSTONE_CACHESIZE: '1mb' }).message).toContain('did you mean FIELDSTONE_CACHE_SIZE?');
    expect(resolveOptions({}, { FIELDSTONE_SERVICE_HOST: '10.0.0.1', FIELDSTONE_PORT_80_TCP: 'tcp://x', PATH: '/bin' }).sources.cacheSize).toBe('default');
    expect(resolveOptions({}, { FIELDSTONE_CACHE_SIZE: '' }).sources.cacheSize).toBe('default');
  });
});

describe('contradictions', () => {
  test.each([
    [{ readOnly: true, create: true }, {}, 'create'],
    [{ durability: 'none', syncIntervalMs: 50 }, {}, 'syncIntervalMs'],
    [{ durability: 'none' }, { FIELDSTONE_SYNC_INTERVAL_MS: '50' }, 'syncIntervalMs'],
    [{ logLimit: '1mb' }, {}, 'logLimit'],
    [{ readAhead: '64mb' }, {}, 'readAhead'],
    [{ cacheSize: '64kb', pageSize: '16kb' }, {}, 'pageSize'],
    [{ profiling: 'off', samplingRate: 1 }, {}, 'samplingRate'],
    [{ readOnly: true, publishStatsMs: 1000 }, {}, 'publishStatsMs'],
    [{ readOnly: true }, { FIELDSTONE_PUBLISH_STATS_MS: '1s' }, 'publishStatsMs'],
  ])('%j with %j is refused with a remedy', (input, variables, option) => {
    const error = refusal(input, variables as Record<string, string>);
    expect(error.code).toBe('OPTION');
    expect(error.option).toBe(option);
    expect(error.message).toMatch(/contradicts .+\((option|environment|preset|default)\): .{20,}/);
  });

  test('each rule has its line above', () => {
    expect(CONTRADICTIONS.map(({ option }) => option).sort()).toEqual(['create', 'logLimit', 'pageSize', 'publishStatsMs', 'readAhead', 'samplingRate', 'syncIntervalMs']);
  });

  test.each([
    [{ readOnly: true, create: false }], [{ durability: 'interval', syncIntervalMs: 50 }], [{ logLimit: '16mb', checkpointSize: '16mb' }], [{ readAhead: '16mb', bufferPool: '16mb' }],
    [{ cacheSize: '64kb', pageSize: '8kb' }], [{ profiling: 'counts', samplingRate: 1 }], [{ readOnly: false, publishStatsMs: 1000 }],
  ])('at its edge, or with the remedy taken, %j is fine', (input) => {
    expect(resolveOptions(input, {}).values).toMatchObject(Object.fromEntries(Object.entries(input).filter(([, value]) => typeof value !== 'string' || !/\d/.test(value))));
  });

  test('values that only a preset or a default brought are no contradiction', () => {
    expect(resolveOptions({ profiling: 'off', preset: 'development' }, {}).values.samplingRate).toBe(1);
    expect(resolveOptions({ durability: 'none' }, {}).values.syncIntervalMs).toBe(100);
  });
});

describe('hostile input', () => {
  test.each([[null], [1], ['x'], [[]], [() => 1], [new Map()], [Object.create({ readOnly: true })], [new (class A { readOnly = true; })()]])(
    'not a plain object: %s', (input) => {
      expect(refusal(input).message).toContain('plain object');
    });

  test('__proto__ and constructor are names like any other: unknown', () => {
    const parsed: unknown = JSON.parse('{"__proto__": {"readOnly": true}}');
    expect(refusal(parsed).code).toBe('OPTION');
    expect(refusal({ constructor: 1 }).code).toBe('OPTION');
    expect(refusal({ [Symbol('cacheSize')]: 1 }).code).toBe('OPTION');
    expect(refusal({ preset: '__proto__' }).code).toBe('OPTION');
    expect(resolveOptions({}, {}).values.readOnly).toBe(false);
  });

  test('a getter is not run', () => {
    let ran = false;
    expect(refusal({ get cacheSize() { ran = true; return 65536; } }).message).toContain('getter');
    expect(ran).toBe(false);
  });

  test('an error never runs code of the value and stays short', () => {
    const value = { toString: () => { throw new Error('ran'); }, toJSON: () => { throw new Error('ran'); } };
    expect(refusal({ cacheSize: value }).message).toContain('a value of type object');
    expect(refusal({ cacheSize: 'x'.repeat(1e6) }).message.length).toBeLessThan(300);
    expect(refusal({ ['x'.repeat(1e6)]: 1 }).message.length).toBeLessThan(1000);
  });

  test('objects without a prototype are fine, and the result is frozen', () => {
    const input = Object.assign(Object.create(null) as object, { retries: 3 });
    const resolved = resolveOptions(input, {});
    expect(resolved.values.retries).toBe(3);
    expect(Object.isFrozen(resolved) && Object.isFrozen(resolved.values) && Object.isFrozen(resolved.sources)).toBe(true);
  });

  test('anything gives either an answer within its ranges or OPTION', () => {
    const name = fc.oneof(fc.constantFrom(...KNOB_NAMES), fc.string());
    const value = fc.oneof(fc.anything(), fc.constantFrom('64mb', '10s', 'commit', 4096, true, 0, 'lz4'));
    fc.assert(fc.property(fc.dictionary(name, value), (input) => {
      try {
        const { values } = resolveOptions(input, {});
        for (const one of KNOB_NAMES) {
          const knob = knobOf(one);
          const resolved = values[one];
          if ('min' in knob) expect(typeof resolved === 'number' && resolved >= knob.min && resolved <= knob.max, one).toBe(true);
        }
      } catch (error) {
        if (!(error instanceof FieldstoneError)) throw error;
        expect(error.code).toBe('OPTION');
      }
    }), { numRuns: 500 });
  });
});

describe('the table', () => {
  test('every default and preset lies in its own range, and presets resolve without contradiction', () => {
    for (const name of KNOB_NAMES) {
      const knob = knobOf(name);
      for (const value of [knob.default, ...Object.values(knob.presets ?? {})]) {
        if (value !== undefined) expect(resolveOptions({ [name]: value }, {}).values[name], name).toBe(value);
      }
    }
    for (const preset of PRESETS) expect(resolveOptions({ preset }, {}).values.preset).toBe(preset);
  });

  test('no preset touches durability', () => {
    for (const name of ['durability', 'syncIntervalMs', 'readOnly', 'create'] as const) expect(knobOf(name).presets, name).toBeUndefined();
  });

  test('the default of a knob that follows another is that many times its default', () => {
    const { knob, times } = KNOBS.logLimit.follows;
    expect(KNOBS.logLimit.default).toBe(times * KNOBS[knob].default);
  });
});
