import { expect, test } from 'vitest';
import { memoExtension, memoFileNameFor } from '#storage';

test('the memo file has the name of the table, in any case', () => {
  expect(memoFileNameFor(['TEST.DBF', 'test.fpt'], 'TEST.DBF', 'fpt')).toBe('test.fpt');
  expect(memoFileNameFor(['a.dbf', 'a.DBT'], 'a.dbf', 'dbt3')).toBe('a.DBT');
  expect(memoFileNameFor(['a.dbf', 'a.dbt'], 'a.dbf', 'dbt4')).toBe('a.dbt');
  expect(memoFileNameFor(['a.dbf', 'A.Smt'], 'a.dbf', 'smt')).toBe('A.Smt');
  expect(memoFileNameFor(['a.b.dbf', 'a.b.fpt', 'a.fpt'], 'a.b.dbf', 'fpt')).toBe('a.b.fpt');
});

test('none is undefined', () => {
  expect(memoFileNameFor(['a.dbf', 'a.dbt', 'ab.fpt'], 'a.dbf', 'fpt')).toBeUndefined();
  expect(memoFileNameFor([], 'a.dbf', 'fpt')).toBeUndefined();
});

test.each([['dbc', 'dct'], ['scx', 'sct'], ['vcx', 'vct'], ['frx', 'frt'], ['lbx', 'lbt'], ['mnx', 'mnt'], ['pjx', 'pjt']])('.%s goes with .%s', (table, memo) => {
  expect(memoFileNameFor([`a.${table}`, `A.${memo.toUpperCase()}`, 'a.fpt'], `a.${table}`, 'fpt')).toBe(`A.${memo.toUpperCase()}`);
});

test('of several spellings the one of the table, then the first by name', () => {
  expect(memoFileNameFor(['CITIES.FPT', 'Cities.fpt', 'cities.fpt'], 'cities.dbf', 'fpt')).toBe('cities.fpt');
  expect(memoFileNameFor(['cities.fpt', 'CITIES.fpt', 'CITIES.FPT'], 'CITIES.DBF', 'fpt')).toBe('CITIES.FPT');
  expect(memoFileNameFor(['cITIES.fpt', 'Cities.fpt'], 'CITIES.DBF', 'fpt')).toBe('Cities.fpt');
});

test('extensions of new files', () => {
  expect((['dbt3', 'dbt4', 'fpt', 'smt'] as const).map(memoExtension)).toEqual(['.dbt', '.dbt', '.fpt', '.smt']);
});
