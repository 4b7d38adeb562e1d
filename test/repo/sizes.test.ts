import { describe, expect, test } from 'vitest';
import { FILE_LINES, fileSizeRule, FUNCTION_LINES, functionSizeRule } from './rules/sizes.js';
import { findAll, productSources, snippet } from './rules/source-text.js';

test('no file of the package is over its ceiling', () => expect(findAll(fileSizeRule, productSources())).toEqual([]));

test('no function of the package is over its ceiling', () => expect(findAll(functionSizeRule, productSources())).toEqual([]));

describe('the rules fire', () => {
  test('on a file of one line too many', () => {
    expect(fileSizeRule(snippet('src/x.ts', 'x;\n'.repeat(FILE_LINES)))).toEqual([]);
    expect(fileSizeRule(snippet('src/x.ts', 'x;\n'.repeat(FILE_LINES + 1)))).toEqual([expect.stringContaining('file of its own')]);
  });

  const body = (lines: number): string => `{\n${'x;\n'.repeat(lines - 2)}}`;

  test.each([
    ['function f()', 'function f'],
    ['const f = () =>', 'function f'],
    ['class A { get f()', 'function f'],
    ['class A { constructor()', 'the constructor'],
    ['call(function ()', 'this function'],
  ])('on one line too many in: %s', (head, name) => {
    const tail = head.startsWith('class') ? ' }' : head.startsWith('call') ? ')' : '';
    expect(functionSizeRule(snippet('src/x.ts', `${head} ${body(FUNCTION_LINES)}${tail}`))).toEqual([]);
    expect(functionSizeRule(snippet('src/x.ts', `${head} ${body(FUNCTION_LINES + 1)}${tail}`))).toEqual([expect.stringContaining(name)]);
  });

  test('but comments before a function do not count', () => {
    expect(functionSizeRule(snippet('src/x.ts', `/**${'\n *'.repeat(100)}/\nfunction f() ${body(10)}`))).toEqual([]);
  });
});
