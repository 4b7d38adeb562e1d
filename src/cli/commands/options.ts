import { nearestNames } from '#storage';
import { describeOption, type OptionDescription } from '../../config/describe.js';
import { KNOB_NAMES, type KnobName } from '../../config/knobs.js';
import { UsageError, type Command } from '../command.js';
import { wrapped } from '../help-text.js';
import { plainText, textTable } from '../text-table.js';

function knobNamed(given: string): KnobName {
  const name = KNOB_NAMES.find((one) => one.toLowerCase() === given.toLowerCase());
  if (name !== undefined) return name;
  const near = nearestNames(given, KNOB_NAMES);
  throw new UsageError(`there is no option "${plainText(given.slice(0, 64))}"; ${near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'fieldstone options lists them'}`);
}

function listText(all: readonly OptionDescription[]): string {
  return textTable([{ title: 'option' }, { title: 'default' }, { title: 'takes' }], all.map(({ name, default: byDefault, takes }) => [name, byDefault, takes]));
}

function optionText({ name, meaning, takes, default: byDefault, presets, environment, counters }: OptionDescription): string {
  const inPresets = Object.entries(presets).map(([preset, value]) => `${preset} ${value}`).join(', ');
  const lines: [string, string][] = [
    ['takes', takes], ['default', byDefault], ...(inPresets === '' ? [] : [['presets', inPresets] as [string, string]]), ['environment', environment],
    ...(counters.length === 0 ? [] : [['look at', `${counters.join(', ')} in db.stats()`] as [string, string]]),
  ];
  return [name, ...wrapped(meaning).map((line) => `  ${line}`), ...lines.map(([left, right]) => `  ${left.padEnd('environment'.length)}  ${right}`), ''].join('\n');
}

export const optionsCommand: Command = {
  name: 'options',
  usage: '[option...]',
  summary: 'the options of open(): values, defaults, meaning',
  details: 'Lists the options that open(folder, options) takes and that the environment may set for every command, or tells of some of them: values with their unit, default, '
    + 'presets, variable of the environment, and the counters of db.stats() in which the effect shows. The same is in docs/config.md.',
  options: {},
  examples: ['fieldstone options', 'fieldstone options cacheSize durability', 'FIELDSTONE_CACHE_SIZE=256mb fieldstone check ./data'],
  arguments: [0, KNOB_NAMES.length],
  async run({ positionals, json, print }) {
    const all = (positionals.length === 0 ? KNOB_NAMES : positionals.map(knobNamed)).map(describeOption);
    await print(json ? `${JSON.stringify(all)}\n` : positionals.length === 0 ? listText(all) : all.map(optionText).join('\n'));
    return 0;
  },
};
