import type { ProfileData } from '../../../src/profile/profile-data.js';
import { sampleProfile } from './sample-profile.js';

/** Would run a script, end a tag, an attribute, a comment, a CDATA section, a line, or move a cursor. */
export const HOSTILE_NAMES = [
  '</title></style></script><script>document.title="owned"</script>', '"><img src=x onerror="document.title=\'owned\'">', '\' onmouseover=\'document.title="owned"',
  ']]><script>document.title="owned"</script>', '<!-- &amp; &#x3c; -->', 'a\u0000b\u001b[2J\u0007\r\n\tc', 'right\u202eleft\u200b\ufeff', 'half \ud800 pair', '\\"; } digraph x {',
  'javascript:alert(1)', '${document.title="owned"}', 'http://192.0.2.1/x.png',
] as const;

/** Every text of a profile is replaced by a hostile one; what the schema fixes (units, levels, reasons) stays. */
export function hostileProfile(): ProfileData {
  let next = 0;
  const hostile = (): string => HOSTILE_NAMES[next++ % HOSTILE_NAMES.length]!;
  const FIXED = new Set(['unit', 'level', 'why', 'outcomes', 'section']);
  const spoil = (value: unknown, key = ''): unknown => {
    if (typeof value === 'string') return FIXED.has(key) ? value : hostile();
    if (Array.isArray(value)) return FIXED.has(key) ? value : value.map((item) => spoil(item, key));
    if (typeof value !== 'object' || value === null) return value;
    const isRecord = ['phases', 'counters', 'operations', 'cache', 'componentBytes'].includes(key) && Object.values(value).every((item) => typeof item !== 'string');
    return Object.fromEntries(Object.entries(value).map(([name, item], i) => (
      [isRecord && key !== 'phases' && name !== 'limitBytes' && name !== 'kinds' ? `${HOSTILE_NAMES[i % HOSTILE_NAMES.length]!} ${i}` : name, spoil(item, name)]
    )));
  };
  return spoil(sampleProfile()) as ProfileData;
}
