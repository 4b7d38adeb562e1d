import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { HeapNodeData } from '../../../src/profile/data/v8-data.js';
import { pprofReport } from '../../../src/report/pprof/pprof.js';
import { ProtoWriter } from '../../../src/report/pprof/proto-writer.js';
import { outsideReader } from './outside-reader.js';
import { sampleProfile } from './sample-profile.js';
import { smallProfile } from './small-profile.js';

interface PprofFormat {
  Profile: { decode(bytes: Uint8Array): DecodedProfile };
}

interface DecodedProfile {
  sampleType: { type: number; unit: number }[];
  sample: { locationId: (number | bigint)[]; value: (number | bigint)[] }[];
  location: { id: number | bigint; mappingId: number | bigint; line: { functionId: number | bigint; line: number | bigint }[] }[];
  function: { id: number | bigint; name: number; filename: number; startLine: number | bigint }[];
  mapping: { id: number | bigint; hasFunctions: boolean }[];
  stringTable: { strings: string[] };
  timeNanos: number | bigint;
  durationNanos: number | bigint;
  period: number | bigint;
}

async function decode(bytes: Uint8Array): Promise<DecodedProfile | undefined> {
  const library = await outsideReader<PprofFormat>('pprof-format');
  return library?.Profile.decode(gunzipSync(bytes));
}

/** `function file:line` of each place of a stack, innermost first. */
function stackOf(profile: DecodedProfile, sample: DecodedProfile['sample'][number]): string[] {
  const strings = profile.stringTable.strings;
  return sample.locationId.map((id) => {
    const line = profile.location.find((one) => Number(one.id) === Number(id))!.line[0]!;
    const fn = profile.function.find((one) => Number(one.id) === Number(line.functionId))!;
    return `${strings[fn.name]} ${strings[fn.filename]}:${Number(line.line)}`;
  });
}

describe('pprof', () => {
  test('decodes with pprof-format: types, stacks, lines, facts', async () => {
    const profile = await decode(pprofReport(smallProfile()));
    if (profile === undefined) return;
    const { strings } = profile.stringTable;
    expect(strings[0]).toBe('');
    expect(profile.sampleType.map(({ type, unit }) => `${strings[type]}/${strings[unit]}`)).toEqual(['samples/count', 'cpu/nanoseconds', 'inuse_space/bytes']);
    const rows = profile.sample.map((sample) => `${stackOf(profile, sample).join(' < ')} = ${sample.value.map(Number).join(',')}`);
    const [serve, kv] = ['serve /app/my shop/server.js:10', '/app/node_modules/fieldstone/dist/src/kv/kv.js'];
    expect(rows.sort()).toEqual([
      `${serve} = 0,0,4096`, `${serve} = 1,1000000,0`, `get ${kv}:121 < ${serve} = 1,1000000,0`, `get ${kv}:125 < ${serve} = 1,1000000,0`,
      `(anonymous) /app/node_modules/date-kit/index.js:5 < ${serve} = 1,1000000,0`,
    ].sort());
    expect(profile.mapping).toHaveLength(1);
    expect(BigInt(profile.timeNanos)).toBe(BigInt(Date.UTC(2026, 0, 2, 3, 4, 5)) * 1_000_000n);
    expect(Number(profile.durationNanos)).toBe(2e9);
    expect(Number(profile.period)).toBe(1e6);
  });

  test('holds all of the time and memory of a large profile, no idle time', async () => {
    const data = sampleProfile();
    const profile = await decode(pprofReport(data));
    if (profile === undefined) return;
    const idle = data.cpu!.nodes.find((node) => node.callFrame.functionName === '(idle)')!.id;
    const busyUs = data.cpu!.samples!.filter((id) => id !== idle).length * 1000;
    const sum = (place: number): number => profile.sample.reduce((all, sample) => all + Number(sample.value[place]), 0);
    // The last sample lasts until the end of the profile.
    expect(Math.abs(sum(1) / 1000 - busyUs)).toBeLessThanOrEqual(1000);
    expect(sum(0)).toBe(busyUs / 1000);
    const bytes = (node: HeapNodeData): number => node.selfSize + node.children.reduce((all, child) => all + bytes(child), 0);
    expect(sum(2)).toBe(bytes(data.heap!.head));
    for (const sample of profile.sample) expect(stackOf(profile, sample).length).toBeGreaterThan(0);
  });

  test('opens with the pprof of Go', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pprof-'));
    try {
      const path = join(folder, 'profile.pb.gz');
      writeFileSync(path, pprofReport(sampleProfile()));
      let text: string;
      try {
        const env = { ...process.env, HOME: folder };
        text = execFileSync('go', ['tool', 'pprof', '-top', '-sample_index=cpu', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        console.log('not checked: there is no go here, whose "go tool pprof" would read the file (apt-get install golang-go)');
        return;
      }
      expect(text).toMatch(/Type: cpu/);
      expect(text).toMatch(/decodeText/);
      expect(text).not.toMatch(/idle/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('the wire format: varints up to 64 bits, packed lists, messages in messages', () => {
  expect(Buffer.from(new ProtoWriter().number(1, 150).text(2, 'testing').finish()).toString('hex')).toBe('089601120774657374696e67');
  expect(Buffer.from(new ProtoWriter().number(1, 2n ** 63n).finish()).toString('hex')).toBe('0880808080808080808001');
  expect(Buffer.from(new ProtoWriter().numbers(4, [3, 270, 86_942]).finish()).toString('hex')).toBe('2206038e029ea705');
  expect(new ProtoWriter().number(1, Number.MAX_SAFE_INTEGER).finish()).toEqual(new ProtoWriter().number(1, BigInt(Number.MAX_SAFE_INTEGER)).finish());
  expect(new ProtoWriter().number(1, Number.NaN).number(2, -5).finish()).toEqual(new Uint8Array([0x08, 0, 0x10, 0]));
});
