import { describe, expect, test } from 'vitest';
import { bannedCallRule } from './rules/banned-calls.js';
import { anyRule, leftOutTestRule, markerRule, privateRule, silencedRule } from './rules/house-style.js';
import { findAll, listFiles, productSources, readSource, readText, snippet } from './rules/source-text.js';

const WRITTEN = ['storage', 'index', 'txn', 'src', 'test', 'demo', 'bench', 'scripts', 'docs'];

describe('the tree keeps', () => {
  const sources = productSources();
  const tests = listFiles(['test'], ['.ts']).map(readSource);

  test('clocks, randomness, timers, printing and code from text where they belong', () => expect(findAll(bannedCallRule, sources)).toEqual([]));

  test('free of any, outside tests of types', () => {
    expect(findAll(anyRule, [...sources, ...tests.filter(({ path }) => !path.startsWith('test/types/'))])).toEqual([]);
  });

  test('free of private and of silenced errors', () => {
    expect(findAll(privateRule, sources)).toEqual([]);
    expect(findAll(silencedRule, sources)).toEqual([]);
  });

  test('free of left-over markers', () => {
    const files = [...listFiles(WRITTEN, ['.ts', '.mjs', '.js', '.md']), 'README.md', 'CHANGELOG.md'];
    expect(files.map(readText).flatMap(markerRule)).toEqual([]);
  });

  test('every test running', () => {
    expect(findAll(leftOutTestRule, tests)).toEqual([]);
  });
});

describe('the ban fires', () => {
  test.each([
    ['const t = Date.now();', 'Clock'],
    ['const t = Date . now();', 'Clock'],
    ['const t = new Date();', 'Clock'],
    ['const t = new Date;', 'Clock'],
    ['const t = Date();', 'Clock'],
    ['const { now } = performance;', 'Clock'],
    ['const t = performance.now();', 'Clock'],
    ['const t = process.hrtime.bigint();', 'Clock'],
    ['const r = Math.random();', 'Random'],
    ['const r = crypto.randomUUID();', 'Random'],
    ['setTimeout(f, 1);', 'Scheduler'],
    ['globalThis.setTimeout(f, 1);', 'Scheduler'],
    ['const later = { run: setImmediate };', 'Scheduler'],
    ['queueMicrotask(f);', 'Scheduler'],
    ['process.nextTick(f);', 'Scheduler'],
    ['AbortSignal.timeout(5);', 'Scheduler'],
    ["eval('1');", 'closure'],
    ["const f = new Function('return 1');", 'closure'],
    ["const f = Function('return 1');", 'closure'],
    ["console.log('x');", 'prints nothing'],
    ['process.exit(1);', 'only the command line'],
    ['const x = process.env.X;', 'resolveOptions'],
  ])('%s', (text, remedy) => {
    expect(bannedCallRule(snippet('storage/wal/x.ts', text))).toEqual([expect.stringContaining(remedy)]);
  });

  test('and lets pass what is right', () => {
    const text = 'const d = new Date(0); scheduler.setTimeout(f); // Date.now()\nconst s = "Math.random()"; interface A { performance: number }\n'
      + 'const o = { console: 1 }; clock.now(); Date.UTC(2000, 1, 1); typeof Function; x instanceof Date;';
    expect(bannedCallRule(snippet('storage/wal/x.ts', text))).toEqual([]);
    expect(bannedCallRule(snippet('storage/base/node-environment.ts', 'setTimeout(f, Date.now());'))).toEqual([]);
    expect(bannedCallRule(snippet('src/cli/x.ts', "console.log('x'); process.exit(2);"))).toEqual([]);
  });
});

describe('the house rules fire', () => {
  test.each(['let a: any;', 'const a = b as any;', 'type A = Array<any>;', 'function f(...a: any[]) {}'])('any: %s', (text) => {
    expect(anyRule(snippet('src/x.ts', text))).toEqual([expect.stringContaining('unknown')]);
  });

  test('any, but not in words and comments', () => expect(anyRule(snippet('src/x.ts', "// any\nconst any = 'any';"))).toEqual([]));

  test.each(['class A { private x = 1; }', 'class A { protected f() {} }', 'class A { constructor(private readonly x: number) {} }'])('private: %s', (text) => {
    expect(privateRule(snippet('src/x.ts', text))).toEqual([expect.stringContaining('#name')]);
  });

  test('private, but not #x and not a constructor', () => {
    expect(privateRule(snippet('src/x.ts', 'class A { #x = 1; readonly y = 2; private constructor() {} }'))).toEqual([]);
  });

  test.each(['ignore', 'nocheck', 'expect-error'])('a silenced compiler: %s', (word) => {
    expect(silencedRule(snippet('src/x.ts', `const a = 1;\n// @ts-${word}\nf();`))).toEqual([expect.stringContaining('src/x.ts:2')]);
  });

  test.each([['TO', 'DO'], ['FIX', 'ME'], ['XX', 'X'], ['HA', 'CK']])('a marker: %s%s', (a, b) => {
    expect(markerRule({ path: 'docs/x.md', text: `fine\nnot fine: ${a}${b} later` })).toEqual([expect.stringContaining('docs/x.md:2')]);
    expect(markerRule({ path: 'docs/x.md', text: `${a}${b}S` })).toEqual([]);
  });

  test.each(['only', 'skip', 'todo', 'skipIf', 'runIf', 'fails'])('a test left out by .%s', (word) => {
    for (const head of ['test', 'describe', 'it', 'test.concurrent', 'test.each([1])']) {
      expect(leftOutTestRule(snippet('test/x.test.ts', `${head}.${word}('x', f);`)), head).toEqual([expect.stringContaining('prints the reason')]);
    }
  });

  test('a test left out, but not other members of that name', () => {
    expect(leftOutTestRule(snippet('test/x.test.ts', `q.find({}).${'skip'}(3); test('only', () => {}); cursor.only;`))).toEqual([]);
  });
});
