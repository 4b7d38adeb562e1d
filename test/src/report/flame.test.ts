import { expect, test } from 'vitest';
import type { CallFrameData } from '../../../src/profile/data/v8-data.js';
import { renderReport } from '../../../src/report/render-report.js';
import { hostileProfile } from './hostile-profile.js';
import { smallProfile } from './small-profile.js';

/** What is not of a tag, a comment or a section of raw text must not begin like one: XML has no mercy. */
function misplaced(svg: string): string[] {
  const plain = svg.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '');
  return [...plain.matchAll(/<(?![a-zA-Z/!?]).{0,40}/g), ...plain.matchAll(/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);).{0,40}/gi)].map(([text]) => text);
}

test('shares too small to be written leave the flame graph well formed', () => {
  const data = smallProfile();
  const frame = (functionName: string, url: string): CallFrameData => ({ functionName, url, lineNumber: 1, columnNumber: 1 });
  const svg = renderReport({
    ...data,
    cpu: {
      nodes: [
        { id: 1, callFrame: frame('(root)', ''), children: [2, 3] }, { id: 2, callFrame: frame('busy', 'file:///app/a.js'), hitCount: 1_000_000 },
        { id: 3, callFrame: frame('seldom', 'file:///app/node_modules/other/b.js'), hitCount: 1 },
      ],
      startTime: 0, endTime: 1e9,
    },
  }, 'svg').toString();
  expect(svg).toContain('&lt; 0.01');
  expect(misplaced(svg)).toEqual([]);
});

test('nor do hostile names', () => { expect(misplaced(renderReport(hostileProfile(), 'svg').toString())).toEqual([]); });
