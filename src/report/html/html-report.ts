import type { ProfileData } from '../../profile/profile-data.js';
import { findFindings } from '../findings/find-findings.js';
import { durationText, momentText, shareText } from '../format/units.js';
import { ChartBook } from './charts/chart-book.js';
import { text, type Markup, type Section } from './markup.js';
import { PAGE_SCRIPT } from './page-script.js';
import { PAGE_STYLE } from './page-style.js';
import { ReportContext } from './report-context.js';
import { cacheSection } from './sections/cache.js';
import { cpuSection } from './sections/cpu.js';
import { filesSection } from './sections/files.js';
import { findingsSection } from './sections/findings.js';
import { locksSection } from './sections/locks.js';
import { logSection } from './sections/log.js';
import { memorySection } from './sections/memory.js';
import { operationsSection } from './sections/operations.js';
import { overviewSection } from './sections/overview.js';
import { queriesSection } from './sections/queries.js';
import { buffersSection, codecsSection, settingsSection } from './sections/resources.js';
import { timeLinesSection } from './sections/time-lines.js';
import { transactionsSection } from './sections/transactions.js';

// The page reaches for nothing: neither its own code nor anything in a name can load from elsewhere.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/**
 * The profile as one page that needs nothing else: figures, findings, charts, flame graphs and tables, for screens of any
 * width, light and dark, and for paper. Sections without data are left out.
 *
 * @example
 * await writeFile('report.html', htmlReport(data));
 */
export function htmlReport(data: ProfileData): string {
  const book = new ChartBook();
  const context = new ReportContext(data, book);
  const details = [
    timeLinesSection, operationsSection, cpuSection, queriesSection, cacheSection, locksSection, transactionsSection, logSection, filesSection, memorySection,
    codecsSection, buffersSection, settingsSection,
  ].map((section) => section(context)).filter((section) => section.body !== '');
  const overview = overviewSection(context);
  const findings = findingsSection(context, new Set(['overview', ...details.map((section) => section.id)]));
  const sections = [overview, findings, ...details];
  const title = data.meta.title ?? `Profile of ${data.meta.database ?? 'a database'}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${text(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<div class="page">
${header(data, title)}
${navigation(sections, findFindings(data).filter((finding) => finding.level === 'problem').length)}
<main>
${sections.map(sectionMarkup).join('\n')}
</main>
<footer>Made by fieldstone ${text(data.meta.engineVersion)}. ${data.meta.includesValues ? 'Keys and operands of queries are in this report.' : 'No keys, operands or other values are in this report.'}</footer>
</div>
<div id="tip" role="status"></div>
<script type="application/json" id="figures">${book.json()}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function header({ meta }: ProfileData, title: string): Markup {
  const facts = [
    meta.title !== undefined && meta.database !== undefined ? `database ${meta.database}` : undefined, momentText(meta.startedAtMs), durationText(meta.durationMs * 1e6),
    `fieldstone ${meta.engineVersion}`, `node ${meta.nodeVersion}`, [meta.platform, meta.arch].filter((part) => part !== undefined).join(' '),
    meta.cpuCount === undefined ? undefined : `${meta.cpuCount} processors`, `process ${meta.pid}`,
    meta.level === undefined ? undefined : `level ${meta.level}`, meta.samplingRate === undefined ? undefined : `times of ${shareText(meta.samplingRate)} of the operations`,
    meta.overheadShare === undefined ? undefined : `profiler took ${shareText(meta.overheadShare)}`,
  ].filter((fact) => fact !== undefined && fact !== '');
  const missing = (meta.missing ?? []).map((what) => `<p class="note">Not in this profile: ${text(what)}</p>`).join('');
  return `<header><h1>${text(title)}</h1><ul class="facts">${facts.map((fact) => `<li>${text(fact ?? '')}</li>`).join('')}</ul>${missing}</header>`;
}

function navigation(sections: readonly Section[], problems: number): Markup {
  const items = sections.map(({ id, title }) => {
    const badge = id === 'findings' && problems > 0 ? ` <b>${problems}</b>` : '';
    return `<li><a href="#${id}">${text(title)}${badge}</a></li>`;
  });
  return `<nav aria-label="Sections"><ul>${items.join('')}</ul></nav>`;
}

function sectionMarkup({ id, title, lead, body }: Section): Markup {
  return `<section id="${id}"><h2>${text(title)}</h2>${lead === undefined ? '' : `<p class="lead">${text(lead)}</p>`}${body}</section>`;
}
