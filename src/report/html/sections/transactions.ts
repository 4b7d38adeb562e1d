import { bytesText, countText } from '../../format/units.js';
import { histogramChart } from '../charts/histogram-chart.js';
import { column, facts, figure, grid, part, table, type Section } from '../markup.js';
import { moment } from '../figures.js';
import type { ReportContext } from '../report-context.js';

const LONGEST = 12;

/** Transactions: how many, how long, which stayed open. */
export function transactionsSection(context: ReportContext): Section {
  const { data: { transactions }, timeline, book } = context;
  const charts = [
    context.chart({ title: 'Age of the oldest snapshot', note: 'old versions are kept as long as somebody may read them', unit: 'ms', series: [{ label: 'age', color: 4, values: timeline.peak((s) => s.oldestSnapshotMs) }] }),
    context.chart({ title: 'Open transactions', unit: 'count', series: [{ label: 'open', color: 1, values: timeline.peak((s) => s.openTransactions) }] }),
    transactions?.durationNs === undefined ? '' : histogramChart(book, transactions.durationNs, 'How long transactions were open'),
    transactions?.commitNs === undefined ? '' : histogramChart(book, transactions.commitNs, 'How long commits took'),
  ];
  const totals = transactions === undefined ? '' : facts([
    ['Commits', countText(transactions.commits)], ['Rollbacks', countText(transactions.rollbacks)], ['Conflicts', countText(transactions.conflicts)],
    ['Run again', countText(transactions.retries)], ['Old versions kept', transactions.historyBytes === undefined ? undefined : bytesText(transactions.historyBytes)],
    ['Snapshots ended', transactions.endedSnapshots === undefined ? undefined : countText(transactions.endedSnapshots)],
  ]);
  const longest = table([column('Transaction'), column('Number', true), column('Age', true), column('State')], (transactions?.longest ?? []).slice(0, LONGEST).map((one) => [
    one.name ?? 'without a name', figure(one.id, String), moment(one.ageMs),
    `${one.open ? 'open at the end' : 'ended'}${one.overdue === true ? ', overdue' : ''}${one.readOnly === true ? ', only reads' : ''}`,
  ]));
  return { id: 'transactions', title: 'Transactions', body: totals + part('Course', grid(charts)) + part('The longest', longest) };
}
