import { FieldstoneError, nearestNames } from '#storage';
import { KNOBS, KNOB_NAMES, knobOf, type KnobName, type Preset } from './knobs.js';
import { environmentValue, optionValue, showValue, type KnobValue } from './knob-value.js';
import type { Options, OptionSource, ResolvedOptions } from './open-options.js';

/** Environment variables by name, as in `process.env`. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

const PREFIX = 'FIELDSTONE_';
const VARIABLES: ReadonlyMap<string, KnobName> = new Map(KNOB_NAMES.map((name) => [variableOf(name), name]));

type Layer = ReadonlyMap<KnobName, KnobValue>;

/**
 * The value of every knob: explicit option, else environment, else preset, else default.
 *
 * @param input what the caller gave as options: a plain object, or undefined. Only its own data properties are looked at.
 * @param variables the environment; a variable whose name is almost that of a knob is refused, others are not ours.
 * @throws FieldstoneError OPTION: unknown name (with the nearest known ones), wrong type, out of range, or a contradiction.
 *
 * @example
 * resolveOptions({ cacheSize: '128mb' }, {}).values.cacheSize; // 134217728
 */
export function resolveOptions(input: unknown, variables: EnvironmentVariables): ResolvedOptions {
  const given = fromInput(input);
  const environment = fromEnvironment(variables);
  const preset = given.get('preset') ?? environment.get('preset');
  const layers: readonly [OptionSource, Layer][] = [
    ['option', given], ['environment', environment], ['preset', fromPreset(preset)],
  ];
  const values: Partial<Record<KnobName, KnobValue>> = {};
  const sources: Partial<Record<KnobName, OptionSource>> = {};
  for (const name of KNOB_NAMES) {
    const found = layers.find(([, layer]) => layer.has(name));
    values[name] = found === undefined ? knobOf(name).default : found[1].get(name);
    sources[name] = found === undefined ? 'default' : found[0];
  }
  const resolved = { values: values as Options, sources: sources as Record<KnobName, OptionSource> };
  const settled = { values: Object.freeze(settleDefaults(resolved)), sources: Object.freeze(resolved.sources) };
  refuseContradictions(settled);
  return Object.freeze(settled);
}

/** The environment variable of a knob: `cacheSize` is `FIELDSTONE_CACHE_SIZE`. */
export function variableOf(name: KnobName): string {
  return PREFIX + name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function fromInput(input: unknown): Layer {
  const layer = new Map<KnobName, KnobValue>();
  if (input === undefined) return layer;
  if (!isPlainObject(input)) throw new FieldstoneError('OPTION', 'options must be a plain object such as { cacheSize: \'64mb\' }');
  for (const key of Reflect.ownKeys(input)) {
    const name = knobNamed(key);
    const property = Reflect.getOwnPropertyDescriptor(input, key);
    if (property === undefined) continue;
    if (!('value' in property)) {
      throw new FieldstoneError('OPTION', `${name} is a getter; pass a plain value`, { option: name });
    }
    const value: unknown = property.value;
    if (value !== undefined) layer.set(name, optionValue(name, knobOf(name), value));
  }
  return layer;
}

/** True for `{}` of any realm and for objects without a prototype; inherited properties are never options. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null);
}

function knobNamed(key: string | symbol): KnobName {
  const name = KNOB_NAMES.find((one) => one === key);
  if (name !== undefined) return name;
  const text = String(key);
  const near = nearestNames(text, KNOB_NAMES);
  const remedy = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known options: ${KNOB_NAMES.join(', ')}`;
  throw new FieldstoneError('OPTION', `unknown option ${JSON.stringify(text.slice(0, 64))}; ${remedy}`, {
    option: text, details: { nearest: near },
  });
}

function fromEnvironment(variables: EnvironmentVariables): Layer {
  const layer = new Map<KnobName, KnobValue>();
  for (const variable of Object.keys(variables)) {
    if (!variable.startsWith(PREFIX)) continue;
    const text = variables[variable];
    if (text === undefined || text.trim() === '') continue;
    const name = VARIABLES.get(variable);
    if (name !== undefined) layer.set(name, environmentValue(name, knobOf(name), text, variable));
    else refuseMisspelt(variable);
  }
  return layer;
}

/** A cluster may set variables of this prefix for its own ends, so only names close to one of ours are taken for slips. */
function refuseMisspelt(variable: string): void {
  const known = [...VARIABLES.keys()].map((name) => name.slice(PREFIX.length));
  const near = nearestNames(variable.slice(PREFIX.length), known).map((name) => PREFIX + name);
  if (near.length === 0) return;
  throw new FieldstoneError('OPTION', `unknown environment variable ${variable.slice(0, 64)}; did you mean ${near.join(' or ')}?`, {
    option: variable, details: { nearest: near },
  });
}

function fromPreset(preset: KnobValue): Layer {
  const layer = new Map<KnobName, KnobValue>();
  if (preset === undefined) return layer;
  for (const name of KNOB_NAMES) {
    const value = knobOf(name).presets?.[preset as Preset];
    if (value !== undefined) layer.set(name, value);
  }
  return layer;
}

/** Defaults that depend on the value of another knob. */
function settleDefaults({ values, sources }: ResolvedOptions): Options {
  const { knob, times } = KNOBS.logLimit.follows;
  return {
    ...values,
    create: sources.create === 'default' ? !values.readOnly : values.create,
    logLimit: sources.logLimit === 'default' ? times * values[knob] : values.logLimit,
  };
}

/** Two options of which one makes the other meaningless, or wrong. */
export interface Contradiction {
  readonly option: KnobName;
  readonly against: KnobName;
  readonly holds: (values: Options, given: (name: KnobName) => boolean) => boolean;
  readonly remedy: string;
}

/** Options that cannot be meant together, each with the way out. */
export const CONTRADICTIONS: readonly Contradiction[] = [
  {
    option: 'create', against: 'readOnly', holds: (values) => values.readOnly && values.create,
    remedy: 'a read-only open never makes a folder; leave one of them out',
  },
  {
    option: 'syncIntervalMs', against: 'durability', holds: (values, given) => values.durability === 'none' && given('syncIntervalMs'),
    remedy: 'nothing is synced by time then; choose durability interval or leave syncIntervalMs out',
  },
  {
    option: 'logLimit', against: 'checkpointSize', holds: (values) => values.logLimit < values.checkpointSize,
    remedy: 'commits would wait for a checkpoint that has not started; make logLimit at least checkpointSize (default: 4 times as much)',
  },
  {
    option: 'readAhead', against: 'bufferPool', holds: (values) => values.readAhead > values.bufferPool,
    remedy: 'read-ahead buffers come from the pool; make readAhead smaller or bufferPool larger',
  },
  {
    option: 'pageSize', against: 'cacheSize', holds: (values) => values.pageSize * 8 > values.cacheSize,
    remedy: 'the cache must hold at least eight pages; make pageSize smaller or cacheSize larger',
  },
  {
    option: 'publishStatsMs', against: 'readOnly', holds: (values) => values.readOnly && values.publishStatsMs > 0,
    remedy: 'a read-only open writes nothing; let the program that writes publish its statistics, or leave publishStatsMs out',
  },
  {
    option: 'samplingRate', against: 'profiling', holds: (values, given) => values.profiling === 'off' && given('samplingRate'),
    remedy: 'nothing is timed then; choose profiling times or leave samplingRate out',
  },
];

function refuseContradictions({ values, sources }: ResolvedOptions): void {
  const given = (name: KnobName): boolean => sources[name] === 'option' || sources[name] === 'environment';
  const said = (name: KnobName): string => `${name} ${showValue(knobOf(name), values[name])} (${sources[name]})`;
  for (const { option, against, holds, remedy } of CONTRADICTIONS) {
    if (!holds(values, given)) continue;
    throw new FieldstoneError('OPTION', `${said(option)} contradicts ${said(against)}: ${remedy}`, { option, details: { against } });
  }
}
