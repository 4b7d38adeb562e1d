import { expect, test } from 'vitest';
import { jsonReport } from '../../../src/report/json.js';
import type { ProfileData } from '../../../src/profile/profile-data.js';
import { hostileProfile } from './hostile-profile.js';
import { sampleProfile } from './sample-profile.js';
import { schemaPage } from './schema-page.js';

test('docs/profile-schema.md is what the types say (run with -u to write it)', async () => {
  const page = schemaPage();
  expect(page).toContain('| `schemaVersion` |');
  await expect(page).toMatchFileSnapshot('../../../docs/profile-schema.md');
});

test.each([['sample', sampleProfile], ['hostile', hostileProfile]])('JSON of a %s profile comes back as it was, and has no markup in it', (_, make) => {
  const text = jsonReport(make());
  expect(JSON.parse(text) as ProfileData).toEqual(JSON.parse(JSON.stringify(make())));
  expect(text).not.toMatch(/[<>&]/);
});
