// Writes the generated pages from the build: docs/config.md and docs/errors.md. Run by `npm run docs`.
import { writeFileSync } from 'node:fs';
import { configPage } from '../dist/src/config/describe.js';
import { errorsPage } from '../dist/src/config/describe-errors.js';

for (const [path, page] of [['docs/config.md', configPage()], ['docs/errors.md', errorsPage()]]) {
  writeFileSync(new URL(`../${path}`, import.meta.url), page);
  console.log(`wrote ${path}`);
}
