import { describe, expect, test } from 'vitest';
import { importCycles } from './rules/cycles.js';
import { floorRule, storageOrderRule } from './rules/floors.js';
import { moduleRule } from './rules/modules.js';
import { findAll, productSources, readText, snippet } from './rules/source-text.js';

const manifest = JSON.parse(readText('package.json').text) as {
  dependencies: Record<string, string>;
  peerDependencies?: Record<string, string>;
};
const modules = moduleRule(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));

describe('the tree keeps', () => {
  const sources = productSources();

  test('the floors and doors', () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(findAll(floorRule, sources)).toEqual([]);
  });

  test('the order inside storage', () => expect(findAll(storageOrderRule, sources)).toEqual([]));

  test('modules where they belong', () => expect(findAll(modules, sources)).toEqual([]));

  test('free of import cycles, types included', () => expect(importCycles(sources)).toEqual([]));
});

describe('the floor rule fires', () => {
  test.each([
    ['storage/base/x.ts', "import { a } from '#index';", 'a floor above it'],
    ['index/x.ts', "import type { A } from '#txn';", 'a floor above it'],
    ['txn/x.ts', "export { a } from '#src';", 'a floor above it'],
    ['txn/x.ts', "import { a } from '../storage/base/errors.js';", 'use the door #storage'],
    ['src/x.ts', "const a = await import('../txn/commit/x.js');", 'use the door #txn'],
    ['src/x.ts', "type A = import('../../test/x.js').A;", 'leaves the floor'],
    ['src/x.ts', "import '../bench/x.js';", 'nothing of the package imports from there'],
    ['storage/vfs/x.ts', "import { a } from '#storage';", 'its own door'],
    ['storage/vfs/x.ts', "import { a } from '../mod.js';", 'the door of its own floor'],
    ['src/x.ts', "import { a } from '#memory';", 'no door is called #memory'],
    ['src/x.ts', "import { a } from './y';", 'no .js at its end'],
  ])('%s: %s', (path, text, message) => {
    expect(floorRule(snippet(path, text))).toEqual([expect.stringContaining(message)]);
  });

  test('and lets pass what is right', () => {
    const text = "import { a } from '#storage';\nimport type { B } from '#index';\nimport { c } from '../lock/c.js';\nimport fs from 'node:os';";
    expect(floorRule(snippet('txn/commit/x.ts', text))).toEqual([]);
  });
});

describe('the order rule fires', () => {
  test.each([
    ['storage/base/x.ts', "import { a } from '../probe/probe.js';"],
    ['storage/vfs/x.ts', "import type { A } from '../wal/a.js';"],
    ['storage/wal/x.ts', "export * from '../dbf/a.js';"],
    ['storage/base/environment.ts', "import { a } from '../vfs/vfs.js';"],
    ['storage/base/errors.ts', "import type { Vfs } from '../vfs/vfs.js';"],
    ['storage/newcomer/x.ts', ''],
  ])('%s: %s', (path, text) => {
    expect(storageOrderRule(snippet(path, text))).toEqual([expect.stringContaining('base <- probe <- vfs')]);
  });

  test('and lets pass what is right', () => {
    expect(storageOrderRule(snippet('storage/base/environment.ts', "import type { Vfs } from '../vfs/vfs.js';"))).toEqual([]);
    expect(storageOrderRule(snippet('storage/dbf/x.ts', "import { a } from '../memo/a.js';\nimport { b } from '../base/b.js';"))).toEqual([]);
    expect(storageOrderRule(snippet('storage/mod.ts', "export * from './dbf/x.js';"))).toEqual([]);
  });
});

describe('the module rule fires', () => {
  test.each([
    ['txn/x.ts', "import { openSync } from 'node:fs';", 'the Vfs'],
    ['src/x.ts', "const fs = require('node:fs/promises');", 'the Vfs'],
    ['storage/wal/x.ts', "import { crc32 } from 'node:zlib';", 'crc32()'],
    ['storage/wal/x.ts', "import { setTimeout } from 'node:timers/promises';", 'Scheduler'],
    ['txn/x.ts', "import { randomUUID } from 'node:crypto';", 'random'],
    ['src/x.ts', "import { exec } from 'node:child_process';", 'starts no process'],
    ['storage/dbf/x.ts', "import lz4 from 'lz4js';", 'storage/codec'],
    ['src/open.ts', "import { AbstractLevel } from 'abstract-level';", 'an optional peer'],
    ['storage/vfs/x.ts', "import fs from 'fs';", 'write node: before'],
    ['src/x.ts', "import _ from 'lodash';", 'declare packages'],
  ])('%s: %s', (path, text, message) => {
    expect(modules(snippet(path, text))).toEqual([expect.stringContaining(message)]);
  });

  test('and lets pass what is right', () => {
    expect(modules(snippet('storage/vfs/x.ts', "import { openSync } from 'node:fs';\nimport os from 'node:os';"))).toEqual([]);
    expect(modules(snippet('storage/codec/x.ts', "import { deflateSync } from 'fflate';\nimport zlib from 'node:zlib';"))).toEqual([]);
    expect(modules(snippet('txn/x.ts', "import heap from 'mnemonist/heap.js';"))).toEqual([]);
  });
});

describe('the cycle search fires', () => {
  test('on two files, by types alone, and names the way round', () => {
    const files = [snippet('src/a.ts', "import type { B } from './b.js';"), snippet('src/b.ts', "export type { A } from './a.js';")];
    expect(importCycles(files)).toEqual([expect.stringMatching(/^src\/(a|b)\.ts -> src\/(a|b)\.ts -> src\/\1\.ts; move/)]);
  });

  test('on a longer way through a door', () => {
    const files = [
      snippet('storage/mod.ts', "export * from './base/a.js';"),
      snippet('storage/base/a.ts', "import { b } from './b.js';"),
      snippet('storage/base/b.ts', "import { c } from '#storage';"),
    ];
    expect(importCycles(files)).toHaveLength(1);
  });

  test('on a file that imports itself', () => expect(importCycles([snippet('src/a.ts', "import './a.js';")])).toHaveLength(1));

  test('and not on a diamond', () => {
    const files = [
      snippet('src/a.ts', "import './b.js'; import './c.js';"), snippet('src/b.ts', "import './d.js';"),
      snippet('src/c.ts', "import './d.js';"), snippet('src/d.ts', "import 'node:os';"),
    ];
    expect(importCycles(files)).toEqual([]);
  });
});
