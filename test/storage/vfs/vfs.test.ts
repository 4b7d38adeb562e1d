import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countingVfs, MemoryVfs, nodeEnvironment, nodeVfs, Probe } from '#storage';
import { vfsConformance, type VfsUnderTest } from '../../support/vfs-conformance.js';

function onDisk(): VfsUnderTest {
  const base = mkdtempSync(join(tmpdir(), 'fieldstone-vfs-'));
  const root = join(base, 'root');
  mkdirSync(root);
  return { vfs: nodeVfs(), root, dispose: () => rmSync(base, { recursive: true }) };
}

function inMemory(): VfsUnderTest {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/root');
  return { vfs, root: '/root' };
}

function counted(make: () => VfsUnderTest, level: 'counts' | 'times'): () => VfsUnderTest {
  return () => {
    const subject = make();
    return { ...subject, vfs: countingVfs(subject.vfs, new Probe(level), nodeEnvironment(subject.vfs).clock) };
  };
}

vfsConformance('nodeVfs', onDisk);
vfsConformance('MemoryVfs', inMemory);
vfsConformance('countingVfs over nodeVfs', counted(onDisk, 'counts'));
vfsConformance('countingVfs over MemoryVfs, with times', counted(inMemory, 'times'));
