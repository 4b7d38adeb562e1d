import { expect, test } from 'vitest';
import { RecordDelta } from '../../../txn/record/record-delta.js';
import { visibleVersion } from '../../../txn/record/row-version.js';

const image = (text: string): Uint8Array => Buffer.from(text.padEnd(200, '.'));
const seen = (delta: RecordDelta, recno: number, sequence: number): string | undefined => {
  const version = visibleVersion(delta.rows.get(recno), sequence);
  return version === undefined ? undefined : Buffer.from(version.bytes).toString().replace(/\.+$/, '');
};

test('a version that no snapshot sees is overwritten, one that is seen is kept beneath', () => {
  const delta = new RecordDelta();
  delta.putRow(1, 10, image('ten'), false);
  const sizeBytes = delta.sizeBytes;
  delta.putRow(1, 11, image('eleven'), false);
  expect([seen(delta, 1, 10), seen(delta, 1, 11), delta.sizeBytes]).toEqual([undefined, 'eleven', sizeBytes]);
  delta.putRow(1, 12, image('twelve'), true);
  expect([seen(delta, 1, 11), seen(delta, 1, 12), delta.sizeBytes]).toEqual(['eleven', 'twelve', 2 * sizeBytes]);
  delta.putRow(1, 13, image('thirteen'), false);
  expect([seen(delta, 1, 12), seen(delta, 1, 13)]).toEqual([undefined, 'thirteen']);
});

test('short images and long ones, and the image of the caller stays the caller\'s', () => {
  for (const lengthBytes of [1, 160, 161, 5000]) {
    const delta = new RecordDelta();
    const mine = new Uint8Array(lengthBytes).fill(1);
    delta.putRow(1, 1, mine.slice(), false);
    delta.putRow(1, 2, mine, false);
    mine.fill(9);
    expect(delta.rows.get(1)?.bytes).toEqual(new Uint8Array(lengthBytes).fill(1));
  }
});
