import { expect, test } from 'vitest';
import { RecnoAllocator } from '../../../txn/record/recno-allocator.js';

test('numbers that come back during a load are given again after it, and none twice', () => {
  const recnos = new RecnoAllocator(10);
  const [a, b] = [recnos.take(), recnos.take()];
  expect(recnos.beginLoad()).toBe(13);
  recnos.giveBack(b);
  recnos.takeForLoad();
  recnos.giveBack(a);
  expect(recnos.next).toBe(14);
  recnos.endLoad();
  expect([recnos.take(), recnos.take(), recnos.take()].sort()).toEqual([11, 12, 14]);
});

test('a load that breaks off gives back its numbers and those that came back meanwhile', () => {
  const recnos = new RecnoAllocator(10);
  const a = recnos.take();
  recnos.beginLoad();
  recnos.takeForLoad();
  recnos.giveBack(a);
  recnos.giveBackLoad();
  recnos.endLoad();
  expect([recnos.next, recnos.vacantCount]).toEqual([11, 0]);
});
