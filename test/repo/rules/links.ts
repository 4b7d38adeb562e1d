import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { readText, ROOT, type TextFile } from './source-text.js';

const LINK = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const NAMED_FILE = /`((?:storage|index|txn|src|test|bench|docs|demo|scripts)\/[\w./-]+\.(?:ts|mjs|md|json))`/g;
const OUTSIDE = /^[a-z][a-z0-9+.-]*:/i;

/** Links of a page to files, folders and headings of the project that are not there. */
export function linkRule(page: TextFile): string[] {
  const found: string[] = [];
  const text = withoutCode(page.text);
  for (const [, link = ''] of text.matchAll(LINK)) {
    if (OUTSIDE.test(link)) continue;
    const [path = '', heading] = link.split('#');
    const target = path === '' ? page.path : posix.join(posix.dirname(page.path), decodeURI(path));
    if (target !== page.path && (target.startsWith('..') || !existsSync(ROOT + target))) found.push(`${page.path}: the link ${link} leads nowhere; correct the path`);
    else if (heading !== undefined && heading !== '' && target.endsWith('.md')) {
      const known = headingsOf(target === page.path ? page : readText(target));
      if (!known.includes(heading)) found.push(`${page.path}: ${link}: no such heading; known: ${known.join(' ')}`);
    }
  }
  return found;
}

/** Files of the project that a page names in code marks and that are not there. */
export function namedFileRule(page: TextFile): string[] {
  const named = [...withoutFences(page.text).matchAll(NAMED_FILE)].map(([, path = '']) => path);
  return named.filter((path) => !existsSync(ROOT + path)).map((path) => `${page.path}: names ${path}, which is not there; correct the path`);
}

function withoutFences(text: string): string {
  return text.replace(/^(```+|~~~+)[\s\S]*?^\1/gm, '');
}

function withoutCode(text: string): string {
  return withoutFences(text).replace(/`[^`\n]*`/g, '');
}

/** Anchors of the headings, spelled as code hosts spell them. */
function headingsOf({ text }: TextFile): string[] {
  const counts = new Map<string, number>();
  return [...withoutFences(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, heading = '']) => {
    const slug = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    const n = counts.get(slug) ?? 0;
    counts.set(slug, n + 1);
    return n === 0 ? slug : `${slug}-${n}`;
  });
}
