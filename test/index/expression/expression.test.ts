import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileExpression, fieldsOf, parseExpression } from '#index';
import { FieldstoneError } from '#storage';
import { evaluate, layoutOf, type Shown } from './test-table.js';

const layout = layoutOf([['NAME', 'C', 10], ['CITY', 'C', 4], ['AMOUNT', 'N', 8, 2], ['ID', 'I', 4], ['BORN', 'D', 8], ['OK', 'L', 1], ['MAYBE', 'N',
  4, 0, 0], ['NOTES', 'M', 4], ['EMPTYDAY', 'D', 8], ['AT1', 'T', 8]]);
const record = Buffer.alloc(layout.recordLength, 0x20);
record.write('M\xfcller    ', 1, 'latin1');
record.write('Rom ', 11, 'latin1');
record.write('   12.50', 15, 'latin1');
record.writeInt32LE(-7, 23);
record.write('20200131', 27, 'latin1');
record.write('T', 35, 'latin1');
record.write('   5', 36, 'latin1');
record.writeInt32LE(2458880, 52);
record.writeInt32LE(3_661_999, 56);
record[layout.recordLength - 1] = 0;

const value = (text: string): Shown => evaluate(text, layout, record);
const clipper = (text: string): Shown => evaluate(text, layout, record, { dialect: 'clipper' });

/** The code of the error, and the place it names. */
function failure(text: string): string {
  try {
    compileExpression(text, { layout });
  } catch (e) {
    if (!(e instanceof FieldstoneError)) throw e;
    return `${e.code}${/character (\d+)/.exec(e.message)?.[1] === undefined ? '' : ` ${/character (\d+)/.exec(e.message)![1]}`}`;
  }
  return 'none';
}

describe('values', () => {
  test.each<[string, Shown]>([
    ['NAME', 'M\xfcller    '], ['name+CITY', 'M\xfcller    Rom '], ['TRIM(NAME)+"x"', 'M\xfcllerx'], ['NAME-CITY', 'M\xfcllerRom     '],
    ['UPPER(NAME)', 'M\xdcLLER    '], ['LOWER(\'\xdcAb\')', '\xfcab'], ['PROPER("john o SMITH")', 'John O Smith'],
    ['LEFT(NAME,2)', 'M\xfc'], ['RIGHT(CITY,3)', 'om '], ['SUBSTR(NAME,2,3)', '\xfcll'], ['SUBS(NAME,9)', '  '], ['SUBSTR(NAME,99)', ''],
      ['LEFT(NAME,0)', ''],
    ['STR(AMOUNT)', '        13'], ['STR(AMOUNT,8,2)', '   12.50'], ['STR(ID,5)', '   -7'], ['STR(2.5,3)', '  3'], ['STR(-2.5,4)', '  -3'],
      ['STR(1.005,6,2)', '  1.01'],
    ['STR(-0.4,4,0)', '   0'], ['STR(12345,3)', '***'], ['STR(12.345,4,2)', '12.3'], ['STR(12345678901234567890,20)', '12345678901234570000'],
    ['STRZERO(-5,4)', '-005'], ['STRZERO(7,3)', '007'], ['DTOS(BORN)', '20200131'], ['DTOS(EMPTYDAY)', '        '], ['DTOC(BORN,1)', '20200131'],
      ['DTOC(BORN)', '01/31/20'],
    ['DTOS(BORN+1)', '20200201'], ['BORN-{^2020-01-01}', 30], ['DTOS({^2020-02-30})', '        '], ['TTOC(AT1,1)', '20200131010102'], ['HOUR(AT1)', 1],
    ['CTOD("01/31/2020")-BORN', 0], ['CTOD("31/12/2050")-CTOD("30/12/2050")', 1], ['STOD("20200131")-BORN', 0],
    ['YEAR(BORN)', 2020], ['MONTH(BORN)', 1], ['DAY(BORN)', 31], ['DOW(BORN)', 6], ['CDOW(BORN)', 'Friday'], ['CMONTH(BORN)', 'January'],
      ['YEAR(EMPTYDAY)', 0],
    ['PADL("ABCDEF",3)', 'ABC'], ['PADL(ID,5)', '   -7'], ['PADR("AB",4)', 'AB  '], ['PADC("AB",5)', ' AB  '], ['PADL("7",3,"0")', '007'],
    ['SPACE(3)+REPLICATE("ab",2)', '   abab'], ['CHR(65)+CHR(66)', 'AB'], ['ASC("A")', 65], ['LEN(NAME)', 10], ['LEN(TRIM(NAME))', 6],
      ['AT("l",NAME)', 3], ['AT("z",NAME)', 0],
    ['VAL("  -12.5x")', -12.5], ['VAL("abc")', 0], ['VAL("1e3")', 1], ['INT(-2.7)', -2], ['ROUND(-0.5,0)', -1], ['ROUND(2.675,2)', 2.68], ['ABS(ID)',
      7], ['MAX(1,ID,3)', 3],
    ['MOD(-7,3)', 2], ['-7%3', 2], ['-2^2', 4], ['2+3*4', 14], ['(2+3)*4', 20], ['10/4', 2.5], ['1/0', 0], ['ID*1000+AMOUNT', -6987.5], ['-AMOUNT', -12.5],
    ['IIF(OK,"T","F")', 'T'], ['IF(.NOT.OK,1,2)', 2], ['!OK', false], ['OK.AND.AMOUNT>12', true], ['OK AND NOT AMOUNT>12', false], ['!AMOUNT=12.5', false],
    ['"ab"="a"', true], ['"a"="ab"', false], ['"ab"<>"a"', false], ['"A"=="A "', false], ['"b">"a"', true], ['"a"<"ab"', true], ['"a"=>"a "', true],
      ['"m" $ "Rom"', true], ['"" $ "x"', false],
    ['EMPTY(NAME)', false], ['EMPTY(NOTES)', true], ['EMPTY(EMPTYDAY)', true], ['EMPTY(0)', true], ['BETWEEN(AMOUNT,10,13)', true],
      ['INLIST(CITY,"Paris","Rom")', true],
    ['DELETED()', false], ['RECNO()', 42], ['FIELD->CITY', 'Rom '], ['people.CITY', 'Rom '], ['people->CITY', 'Rom '], ['[it\'s]', 'it\'s'],
    ['BINTOC(1)', '\x80\x00\x00\x01'], ['BINTOC(-1,2)', '\x7f\xff'], ['I2BIN(258)', '\x02\x01'], ['DESCEND("AB")', '\xbf\xbe'],
      ['DESCEND({^2020-01-01})', 2772958], ['MAYBE', 5], ['ISNULL(MAYBE)', false],
  ])('%s', (text, wanted) => expect(value(text)).toEqual(wanted));

  test.each<[string, Shown]>([
    ['STR(AMOUNT)', '   12.50'], ['STR(1.5,3,2)', '***'], ['STR(12.345,4,2)', '****'], ['UPPER(NAME)', 'M\xfcLLER    '], ['-7 % 3', -1],
      ['STR(RECNO())', '        42'],
  ])('%s in Clipper', (text, wanted) => expect(clipper(text)).toEqual(wanted));

  test.each<[string, Shown]>([
    ['MAYBE', null], ['MAYBE+1', null], ['STR(MAYBE,5)', null], ['MAYBE=MAYBE', null], ['.F..AND.MAYBE=1', false], ['.T..OR.MAYBE=1', true],
      ['MAYBE=1.OR..F.', null],
    ['IIF(MAYBE=1,"a","b")', 'b'], ['ISNULL(MAYBE)', true], ['NVL(MAYBE,9)', 9], ['EMPTY(MAYBE)', false], ['NAME+STR(MAYBE,3)', null],
  ])('%s with NULL', (text, wanted) => {
    const withNull = Buffer.from(record);
    withNull[layout.recordLength - 1] = 1;
    expect(evaluate(text, layout, withNull)).toEqual(wanted);
  });

  test('letters of two bytes keep their second byte', () => {
    const chinese = layoutOf([['NAME', 'C', 8]], { encoding: 'cp936' });
    const bytes = Buffer.alloc(chinese.recordLength, 0x20);
    bytes.set([0x81, 0x61, 0x61, 0xc2, 0x7a], 1);
    expect(evaluate('UPPER(NAME)', chinese, bytes)).toBe('\x81\x61A\xc2\x7a   ');
  });
});

describe('what is not well formed', () => {
  test.each([
    ['', 'QUERY 1'], ['NAME+', 'QUERY 6'], ['(NAME', 'QUERY 6'], ['NAME)', 'QUERY 5'], ['NAME CITY', 'QUERY 6'], ['"abc', 'QUERY 1'], ['NAME ~ 1',
      'QUERY 6'], ['UPPER(NAME,1)', 'QUERY 1'],
    ['NAME*2', 'QUERY 5'], ['OK+1', 'QUERY 3'], ['NOPE', 'NOT_FOUND'], ['FROB(NAME)', 'UNSUPPORTED 1'], ['DTOS(DATE())', 'UNSUPPORTED 6'], ['M->X',
      'UNSUPPORTED 1'], ['UPPER(NOTES)', 'UNSUPPORTED 7'],
    ['REPLICATE("x",70000)', 'LIMIT 1'], ['$12.5', 'UNSUPPORTED 1'], ['{01/02/03}', 'UNSUPPORTED 1'], [`${'('.repeat(500)}1`, 'QUERY 65'],
      ['1'.repeat(3000), 'QUERY 2049'],
    [`1${'+1'.repeat(500)}`, 'QUERY 132'], ['-'.repeat(900), 'QUERY 65'], ['NAME+.AND.', 'QUERY 6'],
  ])('%s', (text, wanted) => expect(failure(text)).toBe(wanted));

  test('any text either compiles or fails with a code; what compiles keeps to its length', () => {
    const words = fc.constantFrom('NAME', 'AMOUNT', 'BORN', 'OK', 'MAYBE', '+', '-', '*', '(', ')', ',', 'UPPER(', 'STR(', 'LEFT(', 'SUBSTR(',
      'PADL(', 'IIF(', '.AND.', '!', '"x"', '3', '=', '$', 'TRIM(', 'ALLTRIM(', 'DTOS(', 'RIGHT(');
    fc.assert(fc.property(fc.array(words, { maxLength: 14 }).map((list) => list.join('')), (text) => {
      try {
        value(text);
      } catch (e) {
        if (!(e instanceof FieldstoneError)) throw e;
      }
    }), { numRuns: 5000 });
    fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => {
      try {
        parseExpression(text);
      } catch (e) {
        if (!(e instanceof FieldstoneError)) throw e;
      }
    }), { numRuns: 2000 });
  });
});

describe('what an expression uses', () => {
  test('fields, each once', () => expect(fieldsOf(parseExpression('UPPER(name)+STR(a.ID)+NAME+IIF(ok,"ID","")'))).toEqual(['NAME', 'ID', 'OK']));
  test('the mark of deletion', () => {
    expect(compileExpression('.NOT.DELE()', { layout }).usesDeleted).toBe(true);
    expect(compileExpression('NAME', { layout }).usesDeleted).toBe(false);
  });
  test('one field alone', () => {
    expect(compileExpression('(ID)', { layout }).onlyField?.name).toBe('ID');
    expect(compileExpression('ID+0', { layout }).onlyField).toBeUndefined();
  });
  test('long names of a database', () => {
    expect(compileExpression('customer_name', { layout, longNames: new Map([['CUSTOMER_NAME', 'NAME']]) }).onlyField?.name).toBe('NAME');
    const cut = layoutOf([['CUSTOMER_N', 'C', 4], ['OTHERLONGN', 'C', 4], ['OTHERLONG2', 'C', 4]]);
    expect(compileExpression('customer_name', { layout: cut }).onlyField?.name).toBe('CUSTOMER_N');
    expect(() => compileExpression('otherlongname', { layout: cut })).toThrow(/no field/);
  });
});
