import { describe, expect, test } from 'vitest';
import { errnoOf, FieldstoneError, simulatedError, systemError } from '#storage';

describe('systemError', () => {
  test.each([
    ['ENOSPC', 'FULL'], ['EDQUOT', 'FULL'], ['EFBIG', 'FULL'], ['ENOENT', 'NOT_FOUND'], ['EEXIST', 'EXISTS'],
    ['EIO', 'IO'], ['EMFILE', 'IO'], ['ENFILE', 'IO'], ['EACCES', 'IO'], ['EPERM', 'IO'], ['EROFS', 'IO'], ['ENOTDIR', 'IO'],
    ['EISDIR', 'IO'], ['ESTALE', 'IO'], ['EBUSY', 'IO'], ['ENOTEMPTY', 'IO'], ['EXDEV', 'IO'], ['EWHATEVER', 'IO'],
  ])('%s is %s', (errno, code) => {
    const cause = Object.assign(new Error('from the system'), { code: errno });
    expect(systemError(cause, 'read', '/a/b.dbf', 512)).toMatchObject({ code, file: '/a/b.dbf', offset: 512, cause });
    expect(simulatedError(errno, 'read', '/a/b.dbf')).toMatchObject({ code, file: '/a/b.dbf', cause: { code: errno } });
  });

  test('the message says what was tried, where and why', () => {
    expect(simulatedError('EIO', 'read', '/a/b.dbf', 512).message).toBe('cannot read /a/b.dbf at 512: EIO');
    expect(simulatedError('EIO', 'sync', '/a/b.dbf').message).toBe('cannot sync /a/b.dbf: EIO');
  });

  test('a FieldstoneError passes through; anything else thrown is IO', () => {
    const own = new FieldstoneError('CLOSED', 'closed');
    expect(systemError(own, 'read', 'a')).toBe(own);
    expect(systemError('odd', 'read', 'a')).toMatchObject({ code: 'IO', cause: 'odd' });
    expect(systemError(undefined, 'read', 'a').code).toBe('IO');
    expect(systemError({ code: 5 }, 'read', 'a').code).toBe('IO');
  });

  test('errnoOf reads the code of system errors only', () => {
    expect(errnoOf(Object.assign(new Error(), { code: 'EIO' }))).toBe('EIO');
    for (const other of [null, undefined, 'EIO', 5, {}, { code: 5 }]) expect(errnoOf(other)).toBeUndefined();
  });
});
