// Queries, an index that the database advises, documents, and a CDX that another program reads.
import { spawnSync } from 'node:child_process';

const QUERIES = 120;

/** The same query again and again, without an index and with the one that the database advises. */
export async function showQueries(db, say, seed) {
  const orders = db.table('orders');
  const customers = Array.from({ length: QUERIES }, (_, i) => 1 + ((i * 7919 + seed * 104729) % 40_000));
  const run = () => {
    const since = performance.now();
    let rows = 0;
    for (const customer of customers) rows += orders.find({ customer, amount: { $gt: 100 } }).toArray().length;
    return { rows, ms: (performance.now() - since) / QUERIES };
  };
  const query = () => orders.find({ customer: customers[0], amount: { $gt: 100 } }, { sort: { amount: -1 } });
  const scanned = run();
  say(indented(query().explain().text));
  say(`   ${QUERIES} queries by customer: ${scanned.ms.toFixed(2)} ms each, every one reads the whole table`);
  const [advice] = db.advise();
  if (advice === undefined) throw new Error('no index is advised');
  say(`   db.advise(): index on ${advice.source} (${advice.on.join(', ')}). ${advice.reason}`);
  const since = performance.now();
  await db.table(advice.source).createIndex(advice.name, { on: advice.on });
  say(`   createIndex('${advice.name}') over 200,000 rows: ${((performance.now() - since) / 1000).toFixed(2)} s`);
  const found = run();
  say(indented(query().explain({ analyze: true }).text));
  say(`   the same ${QUERIES} queries: ${found.ms.toFixed(3)} ms each, ${Math.round(scanned.ms / found.ms)} times faster, ${found.rows === scanned.rows ? 'the same rows' : 'OTHER ROWS'}`);
  if (found.rows !== scanned.rows) throw new Error('an index changed the answer');
}

/** Documents in a table of their own. */
export async function showDocuments(db, say) {
  const reviews = await db.createCollection('reviews', { indexes: [{ name: 'by_tag', on: ['tags'] }] });
  const TAGS = ['gift', 'late', 'broken', 'great', 'again'];
  await reviews.insertMany(Array.from({ length: 2000 }, (_, i) => ({
    product: 1 + (i * 37) % 5000, stars: 1 + ((i * 7) % 11) % 5, tags: [TAGS[i % 5], TAGS[(i * 3 + 1) % 5]], author: { name: `Customer ${i}`, verified: i % 3 === 0 },
  })));
  const one = reviews.findOne({ tags: 'broken', 'author.verified': true });
  await reviews.update(one._id, { $set: { answer: { text: 'We are sorry.', at: new Date('2026-01-01') } }, $inc: { stars: 1 }, $push: { tags: 'answered' } });
  say(indented(JSON.stringify(reviews.get(one._id))));
  const query = reviews.find({ tags: 'broken', stars: { $lte: 2 } });
  say(`   reviews with the tag "broken" and at most two stars: ${query.count()}`);
  say(indented(query.explain().text));
}

const PERL = `use XBase; my $t = XBase->new($ARGV[0]) or die XBase->errstr; my $c = $t->prepare_select_with_index([$ARGV[1], "UPNAME", "char"], "ID", "NAME") or die $t->errstr;
my ($n, $last, $bad) = (0, "", 0); while (my @r = $c->fetch()) { $bad++ if $last gt uc $r[1]; $last = uc $r[1]; $n++; print "$r[1] ($r[0])\\n" if $n <= 3; } print "$n rows, $bad out of order\\n";`;

/** A structural CDX, as FoxPro has it; a program in Perl reads the table in its order when it is installed. */
export async function showCdx(db, say, folder) {
  const customers = db.table('customers');
  await customers.createIndex('UPNAME', { expression: 'UPPER(NAME)', type: 'cdx' });
  await customers.update(1, { name: 'Aaron Aardvark' });
  say(`   customers.cdx, tag UPNAME, key UPPER(NAME): first is ${customers.index('UPNAME').seek('AARON AARDVARK')?.name}, last is ${customers.index('UPNAME').scan({ reverse: true, limit: 1 }).toArray()[0].name}`);
  await db.checkpoint();
  if (spawnSync('perl', ['-MXBase', '-e', '1']).status !== 0) {
    say('   (Perl with the module XBase is not installed, so no other program reads the CDX here)');
    return;
  }
  const read = spawnSync('perl', ['-e', PERL, `${folder}/customers.dbf`, `${folder}/customers.cdx`], { encoding: 'utf8' });
  if (read.status !== 0) throw new Error(`Perl XBase can not read the CDX: ${read.stderr}`);
  say(`   Perl XBase, another program, in the order of that tag: ${read.stdout.trim().split('\n').join(', ')}`);
}

function indented(text) { return text.split('\n').map((line) => `     ${line}`).join('\n'); }
