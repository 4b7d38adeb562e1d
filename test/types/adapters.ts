// Checked by `npm run typecheck` alone: nothing here runs.
import type { AbstractSublevel } from 'abstract-level';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { FieldstoneKeyv } from '../../src/keyv/main.js';
import { FieldstoneLevel } from '../../src/level/main.js';
import type { Database } from '../../src/main.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
/** Takes a value of exactly this type. */
const same = <Expected>() => <Actual>(_value: Actual & (Same<Actual, Expected> extends true ? unknown : never)): void => undefined;

interface User { readonly name: string }
declare const db: Database;

export async function level(): Promise<void> {
  const users = new FieldstoneLevel<string, User>('./data', { valueEncoding: 'json', store: 'users', cacheSize: '64mb', createIfMissing: true });
  same<User | undefined>()(users.getSync('ada'));
  same<[string, User][]>()(await users.iterator({ gte: 'a', limit: 3 }).all());
  await users.open({ errorIfExists: true, readOnly: true });
  await users.put('ada', { name: 'Ada' });
  await users.put('ada', { name: 'Ada' }, { sync: true });
  await users.put(1, 'one', { keyEncoding: 'json', valueEncoding: 'utf8' });
  await users.del('ada', { sync: false });
  await users.batch([{ type: 'put', key: 'a', value: { name: 'A' } }, { type: 'del', key: 'b' }], { sync: true });
  await users.batch().put('a', { name: 'A' }).del('b').write({ sync: true });
  same<string | undefined>()(await new FieldstoneLevel(db).get('a'));
  same<AbstractSublevel<FieldstoneLevel<string, User>, string | Buffer | Uint8Array, string, string>>()(users.sublevel('sub'));

  // @ts-expect-error a value of another type
  await users.put('ada', 'Ada');
  // @ts-expect-error no such option
  await users.put('ada', { name: 'Ada' }, { fsync: true });
  // @ts-expect-error an option with another type
  void new FieldstoneLevel('./data', { store: 1 });
  // @ts-expect-error neither a path nor a database
  void new FieldstoneLevel(1);
}

export async function keyv(): Promise<readonly unknown[]> {
  const adapter: KeyvStoreAdapter = new FieldstoneKeyv('./cache', { store: 'pages', durability: 'none' });
  const own = new FieldstoneKeyv(db);
  const set: boolean[] = await own.setMany([{ key: 'a', value: 1, ttl: 5 }]);
  // @ts-expect-error no such option
  void new FieldstoneKeyv(db, { stor: 'x' });
  return [adapter, set, new Keyv(own), new Keyv({ store: own }), new Keyv(own, { namespace: 'n' })];
}
