import { countText, durationText } from '../../format/units.js';
import { lockHeatMap } from '../charts/heat-map.js';
import { histogramChart } from '../charts/histogram-chart.js';
import { waitGraph } from '../charts/wait-graph.js';
import { column, figure, grid, part, table, text, type Section } from '../markup.js';
import { counted, timed } from '../figures.js';
import type { ReportContext } from '../report-context.js';

/** Locks: where and when they were waited for, by whom. */
export function locksSection({ data: { locks, meta }, book }: ReportContext): Section {
  if (locks === undefined) return { id: 'locks', title: 'Locks', body: '' };
  const hot = table([column('Resource'), column('Waits', true), column('Waited', true), column('Longest wait', true), column('Shard', true)], (locks.hot ?? []).map((lock) => [
    lock.resource, figure(lock.waits, (n) => `${(lock.overcount ?? 0) > 0 ? 'up to ' : ''}${countText(n)}`), timed(lock.waitNs), timed(lock.maxWaitNs),
    figure(lock.shard, String),
  ]));
  const shards = table([
    column('Shard'), column('Granted', true), column('Waits', true), column('Waited', true), column('Longest wait', true), column('Longest queue', true), column('Timeouts', true),
    column('Deadlocks', true),
  ], locks.shards.map((shard) => [
    figure(shard.shard, String), counted(shard.acquisitions), counted(shard.waits), timed(shard.waitNs), timed(shard.maxWaitNs),
    counted(shard.maxQueue), counted(shard.timeouts), counted(shard.deadlocks),
  ]));
  const deadlocks = (locks.deadlocks ?? []).map(({ atMs, cycle, victim }) => {
    const steps = cycle.map((step) => `<li>${text(`${step.name ?? 'transaction'} ${step.id}`)}${step.id === victim ? ' <small>(ended)</small>' : ''} wanted <code>${text(step.resource)}</code> ${text(step.mode)}</li>`);
    return `<div class="card"><h4>At ${text(durationText(atMs * 1e6))}</h4><ol>${steps.join('')}</ol></div>`;
  });
  return {
    id: 'locks', title: 'Locks', lead: 'Transactions that wait for a lock, and what they wait for.',
    body: lockHeatMap(book, locks, meta.durationMs) + part('Waited for most', hot) + (locks.waitGraph === undefined ? '' : part('Wait-for graph', waitGraph(locks.waitGraph)))
      + part('Deadlocks that were broken', grid(deadlocks), 'Each transaction waited for the one after it, the last for the first.')
      + (locks.waitNs === undefined || locks.waitNs.count === 0 ? '' : part('How long waits were', grid([histogramChart(book, locks.waitNs, 'Lock waits')], 'small')))
      + (shards === '' ? '' : `<div class="part"><details><summary>All shards</summary>${shards}</details></div>`),
  };
}
