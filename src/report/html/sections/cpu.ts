import { flameSvg, treeOf } from '../../flame/flame-graph.js';
import { durationText, ratio, shareText } from '../../format/units.js';
import { framePlace, OWNER_LABELS } from '../../tree/frame.js';
import { hotFunctions, ownerShares } from '../../tree/hot-functions.js';
import { segmentBars } from '../charts/segment-bar.js';
import { column, part, table, text, type Section } from '../markup.js';
import { timed } from '../figures.js';
import type { ReportContext } from '../report-context.js';

const FUNCTIONS = 15;

/** Who used the processor. */
export function cpuSection({ data }: ReportContext): Section {
  const tree = treeOf(data, 'cpu');
  if (tree === undefined) return { id: 'cpu', title: 'Processor', body: '' };
  const owners = segmentBars([{
    name: 'By whose code it is', figures: `${durationText(tree.root.total)} busy`,
    segments: ownerShares(tree).map(({ owner, self }) => ({ label: OWNER_LABELS[owner], value: self, color: `o-${owner}` })),
  }], durationText);
  const hot = hotFunctions(tree, FUNCTIONS);
  const most = hot[0]?.self ?? 1;
  const functions = table([column('Function'), column('Place'), column('Time of its own', true), column('Share', true)], hot.map(({ frame, self }) => {
    const share = ratio(self, tree.root.total);
    return [
      { markup: `<code>${text(frame.name)}</code>` }, { markup: `<small>${text(framePlace(frame) === '' ? OWNER_LABELS[frame.owner] : framePlace(frame))}</small>` },
      timed(self), { markup: `${text(shareText(share))}<i class="meter" style="width:${Math.round(ratio(self, most) * 100)}%"></i>`, sort: share },
    ];
  }));
  return {
    id: 'cpu', title: 'Processor', lead: 'Each box is a function, below its caller, as wide as the time in it.',
    body: `<div class="flame">${flameSvg(tree, 'Flame graph of CPU time', 'idle time is left out')}</div>${part('Whose code', owners)}${part('Functions with most time of their own', functions)}`,
  };
}
