import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { readText } from '../../repo/rules/source-text.js';
import { cli } from './run-cli.js';

describe('help', () => {
  test('of the whole command line names every command', async () => {
    const { status, out, err } = await cli(['--help']);
    expect([status, err]).toEqual([0, '']);
    expect(out.replace(/ \d+\.\d+\.\d+:/, ' 0.0.0:')).toMatchSnapshot();
    const width = Math.max(...COMMANDS.map(({ name }) => name.length));
    for (const { name, summary } of COMMANDS) expect(out).toContain(`${name.padEnd(width)}  ${summary}`);
    expect((await cli(['help'])).out).toBe(out);
    expect(await cli([])).toMatchObject({ status: 2, out });
  });

  test.each(COMMANDS.map((c) => c.name))('of %s', async (name) => {
    const { status, out } = await cli([name, '--help']);
    expect(status).toBe(0);
    expect(out).toMatchSnapshot();
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(110);
    expect((await cli(['help', name])).out).toBe(out);
    expect((await cli([name, '-h'])).out).toBe(out);
  });

  test('docs/cli.md names every command and every option', () => {
    const page = readText('docs/cli.md').text;
    for (const { name, options } of COMMANDS) {
      expect(page).toContain(`## ${name}`);
      for (const option of Object.keys(options)) expect(page, `${name} --${option}`).toContain(`--${option}`);
    }
  });

  test('the version is that of the package', async () => {
    expect((await cli(['--version'])).out.trim()).toBe(/"version": "(.*)"/.exec(readText('package.json').text)?.[1]);
  });
});

describe('wrong use: status 2, the nearest names, the usage', () => {
  test.each<[args: string[], message: RegExp]>([
    [['imprt'], /no command "imprt"; did you mean import\?/],
    [['xyzzy'], /commands: info, cat, find, import/],
    [['__proto__'], /no command/],
    [['cat', 'x', '--limt', '3'], /cat has no option --limt; did you mean --limit\?/],
    [['cat', 'x', '-z'], /cat has no option -z; it takes --fields/],
    [['cat', 'x', '--constructor'], /no option --constructor/],
    [['cat', 'x', '--limit'], /--limit needs a value/],
    [['cat', 'x', '--json=1'], /--json takes no value/],
    [['cat', '.', '--limit', 'many'], /several tables|no table|--limit takes a whole number/],
    [['cat'], /cat needs at least 1 argument/],
    [['backup', 'a', 'b', 'c'], /backup takes at most 2 arguments/],
    [['import', 'x.pdf', 'data'], /does not tell its format/],
    [['import', '-', 'data', '--format', 'csv'], /name the table/],
    [['import', 'x.csv', 'data', '--format', 'xml'], /--format takes csv, ndjson, json/],
    [['import', 'x.csv', 'data', '--encoding', 'cp125'], /cp1252|cp1250/],
  ])('%j', async (args, message) => {
    const { status, out, err } = await cli(args);
    expect(err).toMatch(message);
    expect(err).toMatch(/Usage: fieldstone/);
    expect([status, out]).toEqual([2, '']);
  });

  test('as JSON', async () => {
    const { status, out, err } = await cli(['check', '--jsn', '--json']);
    expect([status, err]).toEqual([2, '']);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'USAGE' } });
  });
});
