import { codePageNames } from '#storage';
import { KNOB_NAMES, knobOf, PRESETS, type Knob, type KnobName } from './knobs.js';
import { describeRange, showValue } from './knob-value.js';
import { CONTRADICTIONS, variableOf } from './resolve.js';

const HEAD = `# Options

This page is generated from \`src/config/knobs.ts\` (\`npm run docs\`).

\`open(folder, options)\` takes the options below. Each can also be set by environment. For every option the first of these that
names it decides: explicit option, environment, preset, default. \`db.options\` shows each value and where it came from.

- Sizes are bytes: a number, or text with \`b\`, \`kb\`, \`mb\`, \`gb\`, \`tb\` (powers of 1024), as in \`'64mb'\`.
- Durations are milliseconds: a number, or text with \`ms\`, \`s\`, \`min\`, \`h\`, as in \`'10s'\`.
- In the environment \`true\`, \`1\`, \`false\` and \`0\` are the booleans; an empty variable counts as not set.
- An unknown option, a value out of range, or options that contradict each other throw \`OPTION\`. So does a variable whose name is
  almost that of an option (\`FIELDSTONE_CACHESIZE\`); other variables of that prefix are left alone.
- No preset weakens durability.
`;

/** The text of docs/config.md. */
export function configPage(): string {
  return `${[HEAD, '## All options', overview(), ...KNOB_NAMES.map(section), '## Presets', presetTable(), '', '## Contradictions', contradictionTable()].join('\n')}\n`;
}

function overview(): string {
  const lines = KNOB_NAMES.map((name) => `| [\`${name}\`](#${name.toLowerCase()}) | ${defaultOf(knobOf(name))} | \`${variableOf(name)}\` |`);
  return ['', '| option | default | environment |', '|---|---|---|', ...lines, ''].join('\n');
}

/** What is known of an option, as text; docs/config.md and `fieldstone options` show it. */
export interface OptionDescription {
  readonly name: KnobName;
  readonly meaning: string;
  /** Values, with their unit: `a size from 64kb to 1tb`. */
  readonly takes: string;
  readonly default: string;
  /** Values that presets bring; those that do not name it leave the default. */
  readonly presets: Readonly<Record<string, string>>;
  /** Variable of the environment. */
  readonly environment: string;
  /** Counters and histograms of db.stats() in which its effect shows. */
  readonly counters: readonly string[];
}

export function describeOption(name: KnobName): OptionDescription {
  const knob = knobOf(name);
  const presets = PRESETS.flatMap((preset) => {
    const value = knob.presets?.[preset];
    return value === undefined ? [] : [[preset, showValue(knob, value)]];
  });
  return {
    name, meaning: knob.meaning, takes: describeRange(knob), default: defaultOf(knob), presets: Object.fromEntries(presets),
    environment: variableOf(name), counters: knob.counters,
  };
}

function section(name: KnobName): string {
  const knob = knobOf(name);
  const { meaning, takes, default: byDefault, counters } = describeOption(name);
  return [
    `### ${name}`, '', meaning, '',
    `- Takes: ${takes}`,
    `- Default: ${byDefault}`,
    ...(counters.length > 0 ? [`- Look at: ${counters.map((counter) => `\`${counter}\``).join(', ')} in \`db.stats()\``] : []),
    ...(knob.kind === 'encoding' ? [`- Known code pages (each also under its usual other names): ${codePageNames().join(', ')}`] : []), '',
  ].join('\n');
}

function defaultOf(knob: Knob): string {
  const plain = showValue(knob, knob.default);
  if (!('follows' in knob) || knob.follows === undefined) return plain;
  return `${knob.follows.times} x ${knob.follows.knob} (${plain})`;
}

function presetTable(): string {
  const lines: string[] = [];
  for (const name of KNOB_NAMES) {
    const knob = knobOf(name);
    if (knob.presets === undefined) continue;
    const cells = PRESETS.map((preset) => showValue(knob, knob.presets?.[preset] ?? knob.default));
    lines.push(`| \`${name}\` | ${showValue(knob, knob.default)} | ${cells.join(' | ')} |`);
  }
  return ['', `| option | default | ${PRESETS.join(' | ')} |`, `|---|---|${'---|'.repeat(PRESETS.length)}`, ...lines].join('\n');
}

function contradictionTable(): string {
  const lines = CONTRADICTIONS.map(({ option, against, remedy }) => `| \`${option}\` | \`${against}\` | ${remedy} |`);
  return ['', 'Values of these pairs can be refused together, with this remedy:', '', '| option | with | remedy |', '|---|---|---|', ...lines].join('\n');
}
