import type { FindingLevel } from '../../../profile/profile-data.js';
import { findFindings } from '../../findings/find-findings.js';
import { grid, text, type Section } from '../markup.js';
import type { ReportContext } from '../report-context.js';

const NAMES: Readonly<Record<FindingLevel, string>> = { problem: '\u25b2 Problem', advice: '\u25c6 Advice', note: '\u25cf Note' };

/** What the figures say, in sentences; `sections` are the places that a finding may lead to. */
export function findingsSection({ data }: ReportContext, sections: ReadonlySet<string>): Section {
  const all = findFindings(data);
  const cards = all.map(({ level, title, evidence, remedy, section }) => {
    const link = section !== undefined && sections.has(section) ? ` <a href="#${text(section)}">See ${text(section)}</a>` : '';
    return `<article class="finding ${level}"><h3><span class="level">${NAMES[level]}</span>${text(title)}</h3><p>${text(evidence)}${link}</p><p class="remedy">${text(remedy)}</p></article>`;
  });
  return { id: 'findings', title: 'Findings', body: cards.length === 0 ? '<p class="card">Nothing stands out in these figures.</p>' : grid(cards, 'findings') };
}
