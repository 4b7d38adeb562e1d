import type { FrameOwner } from '../tree/frame.js';

/**
 * Fills of frames by owner, for light and dark: tints and shades of the palette of Okabe and Ito, which readers with any
 * kind of colour vision tell apart. The text on them has a contrast of 4.5 : 1 or better.
 */
const FILLS: Readonly<Record<FrameOwner, readonly [light: string, dark: string]>> = {
  storage: ['#92cdf0', '#1d6a99'], index: ['#7fd0b2', '#107257'], txn: ['#dfb0d0', '#84497a'], src: ['#f2e182', '#736712'],
  app: ['#f6bd66', '#9a5c06'], modules: ['#eaa583', '#974727'], node: ['#b8c6d3', '#485868'], gc: ['#d3c0ab', '#6a5848'], native: ['#d9d9d9', '#4c4c4c'],
};

/** Rules that give the class of each owner its colour in `--fill`, for light (0) or dark (1), below `scope`. */
export function ownerRules(scope: string, column: 0 | 1): string {
  return Object.entries(FILLS).map(([owner, fills]) => `${scope} .o-${owner}{--fill:${fills[column]}}`).join('');
}

/** The style of the flame graph; everything is below .fs-flame, so that it may stand inside a page. */
export const FLAME_STYLE = `
.fs-flame{--paper:#fff;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--focus:#0550ae;color-scheme:light dark;background:var(--paper);
font:12px/1.4 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;-webkit-text-size-adjust:100%}
${ownerRules('.fs-flame', 0)}
@media (prefers-color-scheme:dark){.fs-flame{--paper:#14181d;--ink:#e8ebee;--soft:#a2abb5;--line:#39424c;--focus:#7cb7ff}${ownerRules('.fs-flame', 1)}}
.fs-flame text{fill:var(--ink);pointer-events:none;font-size:12px}
.fs-flame .f{cursor:pointer;outline:none;overflow:hidden}
.fs-flame .f rect{fill:var(--fill);stroke:var(--paper);stroke-width:1;rx:3px}
.fs-flame .f.alt rect{fill-opacity:.82}
.fs-flame .f:hover rect{stroke:var(--ink)}
.fs-flame .f:focus-visible rect,.fs-flame .f.at rect{stroke:var(--focus);stroke-width:3}
.fs-flame .f.up{opacity:.55}
.fs-flame .f.dim{opacity:.3}
.fs-flame .f.hit rect{stroke:var(--ink);stroke-width:2}
.fs-flame .head{color:var(--ink);padding:12px 1% 8px;box-sizing:border-box}
.fs-flame .head h2{font-size:16px;line-height:1.3;margin:0;font-weight:650}
.fs-flame .head p{margin:0;color:var(--soft)}
.fs-flame .bar{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:8px 0}
.fs-flame input{font:inherit;font-size:14px;color:inherit;background:transparent;border:1px solid var(--line);border-radius:6px;padding:5px 9px;width:15em;max-width:100%;box-sizing:border-box}
.fs-flame button{font:inherit;font-size:13px;color:inherit;background:transparent;border:1px solid var(--line);border-radius:6px;padding:5px 10px;cursor:pointer}
.fs-flame button:disabled{opacity:.4;cursor:default}
.fs-flame button:hover:enabled{border-color:var(--soft)}
.fs-flame input:focus-visible,.fs-flame button:focus-visible{outline:2px solid var(--focus);outline-offset:1px}
.fs-flame .found{color:var(--soft);font-variant-numeric:tabular-nums}
.fs-flame ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:3px 14px;color:var(--soft)}
.fs-flame li i{display:inline-block;width:11px;height:11px;border-radius:3px;background:var(--fill);margin-right:5px;vertical-align:-1px}
.fs-flame .detail{display:block;color:var(--ink);min-height:2.8em;margin-top:8px;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
@media print{.fs-flame .bar,.fs-flame .detail{display:none}}
`;
