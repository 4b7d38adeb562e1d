// Compiled, never run: the types of collections. A line that must not compile stands behind @ts-expect-error.
import { char, open, type Collection, type StoredDocument } from '../../src/main.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const holds = <Fact extends true>(..._fact: Fact[]): void => undefined;

interface User { name: string; age?: number; tags?: string[]; profile?: { email: string } }

export async function collections(): Promise<void> {
  const db = await open(':memory:');
  const users = await db.createCollection<User>('users', { columns: { email: char(80) }, indexes: [{ name: 'age', on: ['age'], unique: false }] });
  const typed: Collection<StoredDocument<User>> = users;
  void typed;

  const id = await users.insert({ name: 'Ada' });
  holds<Same<typeof id, string>>();
  await users.insert({ _id: 'own', name: 'Ada' });
  // @ts-expect-error a field is missing
  await users.insert({ age: 5 });
  // @ts-expect-error ids of this collection are text
  await users.insert({ _id: 5, name: 'x' });

  const found = users.get(id);
  const name: string | undefined = found?.name;
  const own: string | undefined = found?._id;
  void [name, own];

  users.find({ name: 'Ada', age: { $gt: 5 }, tags: 'x', 'profile.email': /x/ }).toArray();
  users.find({ tags: { $all: ['x'] }, $or: [{ age: 1 }, { age: null }] });
  // @ts-expect-error the wrong type of value
  users.find({ age: 'five' });
  // @ts-expect-error no such operator
  users.find({ age: { $gtt: 5 } });

  const result = await users.update(id, { $set: { age: 5, 'profile.email': 'x' }, $push: { tags: 'x' } }, { upsert: true });
  const upserted: string | undefined = result.upsertedId;
  void upserted;
  await users.update({ age: 5 }, { name: 'whole' });
  // @ts-expect-error the wrong type of value
  await users.update(id, { $set: { age: 'x' } });
  const gone: number = await users.delete({ age: 5 }, { multi: true });
  void gone;

  interface Numbered { _id: number; n: number }
  const numbered = db.collection<Numbered>('numbered');
  const five: number = await numbered.insert({ _id: 5, n: 1 });
  numbered.get(five);
  // @ts-expect-error ids of this collection are numbers
  numbered.get('5');

  const any = db.collection('any');
  await any.insert({ whatever: [1, { deep: true }] });
  const value: unknown = any.findOne({ whatever: 1 })?.['whatever'];
  void value;

  await db.transaction((tx) => {
    const c = tx.collection(users);
    const made: string = c.insert({ name: 'x' });
    return made;
  });
  const snap = db.snapshot();
  const then: StoredDocument<User> | undefined = snap.collection(users).get(id);
  void then;
}
