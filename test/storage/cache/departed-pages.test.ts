import { expect, test } from 'vitest';
import { DepartedPages, EVICTED, INVALIDATED } from '../../../storage/cache/departed-pages.js';

test('remembers why a page left, until it is back', () => {
  const departed = new DepartedPages(64);
  expect(departed.reasonOf(1, 7)).toBe(0);
  departed.note(1, 7, EVICTED);
  departed.note(1, 8, INVALIDATED);
  expect([departed.reasonOf(1, 7), departed.reasonOf(1, 8), departed.reasonOf(2, 7)]).toEqual([EVICTED, INVALIDATED, 0]);
  departed.note(1, 7, INVALIDATED);
  expect(departed.reasonOf(1, 7)).toBe(INVALIDATED);
  departed.forget(1, 7);
  expect([departed.reasonOf(1, 7), departed.reasonOf(1, 8)]).toEqual([0, INVALIDATED]);
  departed.clear();
  expect(departed.reasonOf(1, 8)).toBe(0);
});

test('is bounded, keeps the latest, and never says a reason that was not noted', () => {
  const departed = new DepartedPages(1024);
  for (let page = 0; page < 10_000; page++) departed.note(page % 3, page, EVICTED);
  let known = 0;
  for (let page = 0; page < 10_000; page++) if (departed.reasonOf(page % 3, page) === EVICTED) known++;
  expect(known).toBeGreaterThan(900);
  expect(known).toBeLessThanOrEqual(1024);
  let recent = 0;
  for (let page = 9900; page < 10_000; page++) if (departed.reasonOf(page % 3, page) === EVICTED) recent++;
  expect(recent).toBe(100);
  for (let page = 20_000; page < 21_000; page++) expect(departed.reasonOf(page % 3, page)).toBe(0);
});
