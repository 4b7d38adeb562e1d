// Puts the files of each floor together: a folder of hundreds of modules takes Node a third of a second to load, a few take a quarter of that. Floors stay
// apart, since profiles tell them by their folders. From the files that tsc made in the first argument, which are removed, into the folder of the second.
import { rmSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { rolldown } from 'rolldown';

const [from, to] = process.argv.slice(2);

/** The doors of each floor: what the package exports, what its floors take from each other, and what scripts/docs.mjs asks. */
const FLOORS = {
  storage: ['mod'],
  index: ['mod'],
  txn: ['mod'],
  src: ['main', 'dbf/main', 'level/main', 'keyv/main', 'report/main', 'otel/main', 'cli/main', 'config/describe', 'config/describe-errors'],
};

/** Other floors are reached by their names in package.json, packages by theirs. */
const isOutside = (id) => !id.startsWith('.') && !isAbsolute(id);

for (const [floor, doors] of Object.entries(FLOORS)) {
  const bundle = await rolldown({
    input: Object.fromEntries(doors.map((door) => [door, `${from}/${floor}/${door}.js`])), external: isOutside, platform: 'node',
  });
  await bundle.write({ dir: `${to}/${floor}`, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].js' });
  await bundle.close();
}
rmSync(from, { recursive: true });
