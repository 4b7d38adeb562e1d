import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { configPage } from '../../src/config/describe.js';
import { errorsPage } from '../../src/config/describe-errors.js';
import { KNOB_NAMES, KNOBS, knobOf } from '../../src/config/knobs.js';
import { showValue } from '../../src/config/knob-value.js';
import { linkRule, namedFileRule } from './rules/links.js';
import { listFiles, readSource, readText, walkTree } from './rules/source-text.js';

const pages = ['README.md', 'CHANGELOG.md', ...listFiles(['docs', 'bench', 'demo', 'test'], ['.md'])].map(readText);

describe('the pages', () => {
  test('link only to what is there', () => expect(pages.flatMap(linkRule)).toEqual([]));

  test('can all be found from the map', () => {
    const map = readText('docs/map.md').text;
    const lost = listFiles(['docs'], ['.md']).filter((path) => {
      const isListed = map.includes(`](${path.slice('docs/'.length)})`) || path.startsWith('docs/decisions/');
      return path !== 'docs/map.md' && !isListed;
    });
    expect(map).toContain('](decisions/)');
    expect(lost, 'a line in docs/map.md for each page').toEqual([]);
  });

  test('name only files that are there', () => expect(pages.flatMap(namedFileRule)).toEqual([]));

  test.each([['docs/config.md', configPage], ['docs/errors.md', errorsPage]])('%s is what the code says (npm run docs writes it)', (path, page) => {
    expect(readText(path).text).toBe(page());
  });
});

describe('the options in OpenOptions', () => {
  const comments = new Map<string, string>();
  walkTree(readSource('src/config/open-options.ts').tree, (node) => {
    if (!ts.isInterfaceDeclaration(node) || node.name.text !== 'OpenOptions') return;
    for (const member of node.members) comments.set(member.name?.getText() ?? '', ts.getJSDocCommentsAndTags(member)[0]?.getText() ?? '');
  });

  test('are those of the table, in its order', () => expect([...comments.keys()]).toEqual(KNOB_NAMES));

  test.each(KNOB_NAMES)('%s: the comment gives the default of the table', (name) => {
    const knob = knobOf(name);
    const shown = knob.kind === 'duration' ? String(knob.default) : showValue(knob, knob.default);
    const { knob: followed, times } = KNOBS.logLimit.follows;
    const said = name === 'logLimit' ? `${times} x ${followed}` : shown;
    expect(comments.get(name)).toMatch(new RegExp(`Default: ${said.replaceAll('.', '\\.')}(\\.| \\(.+\\)\\.)`));
  });
});

describe('the link rule fires', () => {
  test.each([
    ['[x](missing.md)', 'leads nowhere'],
    ['![x](pictures/missing.svg)', 'leads nowhere'],
    ['[x](../../outside.md)', 'leads nowhere'],
    ['[x](errors.md#no-such-code)', 'no such heading'],
    ['# Here\n[x](#there)', 'no such heading'],
  ])('%s', (text, message) => {
    expect(linkRule({ path: 'docs/page.md', text })).toEqual([expect.stringContaining(message)]);
  });

  test('and lets pass what is right', () => {
    const text = '## One `two`, three\n[a](https://example.org/x) [b](errors.md#not_found) [c](#one-two-three) [d](../LICENSE)\n'
      + '`[e](missing.md)`\n```js\nf[g](missing)\n```\n';
    expect(linkRule({ path: 'docs/page.md', text })).toEqual([]);
  });

  test('on names of files', () => {
    expect(namedFileRule({ path: 'README.md', text: 'see `storage/base/missing.ts` and `storage/base/errors.ts`' })).toEqual([
      expect.stringContaining('storage/base/missing.ts'),
    ]);
  });
});
