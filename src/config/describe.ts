import { codePageNames } from '#storage';
import { KNOB_NAMES, knobOf, PRESETS, type Knob, type KnobName } from './knobs.js';
import { describeRange, showValue } from './knob-value.js';
import { variableOf } from './resolve.js';

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
  return `${[HEAD, '## All options', overview(), ...KNOB_NAMES.map(section), '## Presets', presetTable()].join('\n')}\n`;
}

function overview(): string {
  const lines = KNOB_NAMES.map((name) => `| [\`${name}\`](#${name.toLowerCase()}) | ${defaultOf(knobOf(name))} | \`${variableOf(name)}\` |`);
  return ['', '| option | default | environment |', '|---|---|---|', ...lines, ''].join('\n');
}

function section(name: KnobName): string {
  const knob = knobOf(name);
  return [
    `### ${name}`, '', knob.meaning, '',
    `- Takes: ${describeRange(knob)}`,
    `- Default: ${defaultOf(knob)}`,
    ...(knob.counters.length > 0 ? [`- Look at: ${knob.counters.map((counter) => `\`${counter}\``).join(', ')} in \`db.stats()\``] : []),
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
