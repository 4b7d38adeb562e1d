import { describe, expect, test } from 'vitest';
import { describeRange } from '../../../src/config/knob-value.js';
import { KNOB_NAMES, knobOf } from '../../../src/config/knobs.js';
import { resolveOptions, variableOf } from '../../../src/config/resolve.js';
import { readText } from '../../repo/rules/source-text.js';
import { cli } from './run-cli.js';

describe('the table of options', () => {
  test('the list names every option with its default and range', async () => {
    const { status, out } = await cli(['options']);
    expect(status).toBe(0);
    for (const name of KNOB_NAMES) expect(out, name).toMatch(new RegExp(`^${name} +\\S.*${escaped(describeRange(knobOf(name)).slice(0, 20))}`, 'm'));
  });

  test.each(KNOB_NAMES)('%s: the command, docs/config.md and validation say the same', async (name) => {
    const knob = knobOf(name);
    const range = describeRange(knob);
    const { status, out } = await cli(['options', name.toUpperCase()]);
    expect(status).toBe(0);
    const page = readText('docs/config.md').text;
    const section = page.slice(page.indexOf(`### ${name}\n`), page.indexOf('\n### ', page.indexOf(`### ${name}\n`) + 1));
    const oneLine = out.replace(/\s+/g, ' ');
    for (const fact of [knob.meaning, range, variableOf(name), ...knob.counters]) expect(oneLine, fact).toContain(fact.replace(/\s+/g, ' '));
    for (const fact of [knob.meaning, range, ...knob.counters]) expect(section, fact).toContain(fact);
    let message = '';
    try {
      resolveOptions({ [name]: Symbol('wrong') }, {});
    } catch (e) {
      message = e instanceof Error ? e.message : '';
    }
    expect(message).toBe(`${name} must be ${range}, got a value of type symbol`);
  });

  test('as JSON, and with the nearest name for a slip', async () => {
    const { out } = await cli(['options', 'cacheSize', '--json']);
    expect(JSON.parse(out)).toMatchObject([{ name: 'cacheSize', default: '64mb', environment: 'FIELDSTONE_CACHE_SIZE', presets: { development: '16mb' } }]);
    expect((JSON.parse((await cli(['options', '--json'])).out) as unknown[]).length).toBe(KNOB_NAMES.length);
    expect(await cli(['options', 'cachSize'])).toMatchObject({ status: 2, err: expect.stringMatching(/no option "cachSize"; did you mean cacheSize\?/) });
  });
});

function escaped(text: string): string { return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'); }
