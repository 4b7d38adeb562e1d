import { ownerRules } from '../flame/flame-style.js';

const LIGHT = `--paper:#f6f7f8;--card:#fff;--ink:#1b1f24;--soft:#57606a;--line:#d9dee3;--rule:#eceff2;--link:#0a58a5;--shade:#eef1f4;
--c1:#0072b2;--c2:#d1570b;--c3:#0b8a63;--c4:#a8447f;--c5:#8f7400;--c6:#5b6b7b;
--h0:#f0f3f6;--h1:#dbe8f4;--h2:#b3d1ea;--h3:#7fb3dc;--h4:#4a8fc7;--h5:#2167a4;--h6:#0b3a70;
--problem:#b3360b;--advice:#8a6100;--note:#0a58a5;--problem-bg:#fdf0ea;--advice-bg:#fbf5e3;--note-bg:#edf4fb;--band:#c9b26a38`;
const DARK = `--paper:#0f1317;--card:#171c22;--ink:#e6eaee;--soft:#9fa9b4;--line:#2c343d;--rule:#232a32;--link:#7cb7ff;--shade:#1d232a;
--c1:#5ab0e6;--c2:#f0904e;--c3:#41c79b;--c4:#dd92c4;--c5:#dcc04b;--c6:#9aa8b6;
--h0:#1a2027;--h1:#1c3348;--h2:#1f4b6e;--h3:#2a6998;--h4:#4089bf;--h5:#74b2de;--h6:#cfe8fa;
--problem:#ff9a6e;--advice:#e6c35c;--note:#7cb7ff;--problem-bg:#2a1c16;--advice-bg:#272213;--note-bg:#16222f;--band:#e0c46a2e`;

const COLORS = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((name) => `.${name}{--fill:var(--${name})}`).join('');

const TYPE = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:60px}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:clamp(1.6rem,1.2rem + 2vw,2.3rem);line-height:1.15;letter-spacing:-.02em;margin:0 0 .3rem;font-weight:700}
h2{font-size:1.45rem;letter-spacing:-.01em;margin:0 0 .25rem;font-weight:680}
h3{font-size:1.06rem;margin:0 0 .5rem;font-weight:640}
h4{font-size:.94rem;margin:0;font-weight:640}
p{margin:0 0 .7rem}
a{color:var(--link)}
small,.note{color:var(--soft);font-size:.86rem}
code,pre{font:.84rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.n,.big,dd,.figures{font-variant-numeric:tabular-nums}
`;

const LAYOUT = `
.page{max-width:1240px;margin:0 auto;padding:0 20px 60px}
header{padding:34px 0 18px}
header .facts{display:flex;flex-wrap:wrap;gap:2px 18px;color:var(--soft);font-size:.9rem;margin:0;padding:0;list-style:none}
nav{position:sticky;top:0;z-index:5;background:var(--paper);border-bottom:1px solid var(--line);margin:0 -20px;padding:0 20px}
nav ul{display:flex;gap:2px;overflow-x:auto;margin:0;padding:8px 0;list-style:none;scrollbar-width:none;font-size:.88rem}
nav a{display:block;padding:4px 9px;border-radius:99px;text-decoration:none;color:var(--ink);white-space:nowrap}
nav a:hover{background:var(--shade)}
nav b{color:var(--problem);font-weight:700}
section{padding:34px 0 0}
section>.lead{color:var(--soft);margin:0 0 1rem;max-width:70ch}
.part{margin-top:22px}
.grid{display:grid;gap:16px;grid-template-columns:repeat(auto-fill,minmax(min(100%,430px),1fr))}
.grid.small{grid-template-columns:repeat(auto-fill,minmax(min(100%,270px),1fr))}
.grid.tiles{grid-template-columns:repeat(auto-fill,minmax(min(100%,205px),1fr));gap:12px}
.grid.findings{gap:12px;align-items:stretch}
.card,.chart,.segs,.tile,table,.finding,pre.plan,details.card{background:var(--card);border:1px solid var(--line);border-radius:12px}
.card,.segs{padding:16px 18px}
.scroll{overflow-x:auto}
`;

const TILES = `
.tile{padding:13px 15px 0;overflow:hidden;display:flex;flex-direction:column;min-height:118px}
.tile span{color:var(--soft);font-size:.82rem}
.tile .big{font-size:1.5rem;line-height:1.25;font-weight:680;letter-spacing:-.01em}
.tile small{font-size:.79rem;line-height:1.35;padding-bottom:8px}
.tile .spark{width:calc(100% + 30px);height:30px;margin:auto -15px 0;display:block}
.finding{padding:14px 18px 14px 20px;border-left:5px solid var(--tone);background:var(--back)}
.finding.problem{--tone:var(--problem);--back:var(--problem-bg)}.finding.advice{--tone:var(--advice);--back:var(--advice-bg)}.finding.note{--tone:var(--note);--back:var(--note-bg)}
.finding h3{margin:0 0 .2rem;font-size:1.04rem}
.finding .level{color:var(--tone);font-size:.76rem;font-weight:700;text-transform:uppercase;letter-spacing:.06em;margin-right:.6em}
.finding p{margin:0;max-width:88ch;color:var(--ink)}
.finding p.remedy{margin-top:.35rem}
.finding p.remedy::before{content:"\\2192  ";color:var(--tone);font-weight:700}
`;

const CHARTS = `
figure{margin:0}
.chart{padding:14px 16px 10px;position:relative;min-width:0}
.chart figcaption p{margin:0;color:var(--soft);font-size:.82rem;line-height:1.4}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 14px;margin:6px 0 0;padding:0;font-size:.8rem;color:var(--soft)}
.legend i{display:inline-block;width:11px;height:11px;border-radius:3px;background:var(--fill);margin-right:5px;vertical-align:-1px}
.legend i.band{background:var(--band);border:1px solid var(--line)}.legend i.limit{height:0;border-top:2px dashed var(--soft);border-radius:0;vertical-align:3px;width:16px;background:none}
.plot{display:grid;grid-template-columns:4.3em 1fr;font-size:.74rem;color:var(--soft);margin-top:10px;--h:150px;font-variant-numeric:tabular-nums}
.plot.bare{grid-template-columns:1fr;--h:110px;padding:0 6px}
.plot .ys{position:relative;height:var(--h)}
.plot .ys span{position:absolute;right:8px;transform:translateY(50%);white-space:nowrap}
.plot .area{position:relative;height:var(--h);outline-offset:2px;touch-action:pan-y;border-radius:2px}
.plot .area svg{position:absolute;inset:0;width:100%;height:100%;overflow:visible}
.plot .xs{grid-column:-2;position:relative;height:1.9em;margin-top:5px;overflow:visible}
.plot .xs span{position:absolute;transform:translateX(-50%);white-space:nowrap}
.plot .xs .end{transform:translateX(-82%)}
.area path{vector-effect:non-scaling-stroke;fill:none}
.area .rule{stroke:var(--rule);stroke-width:1}.area .base{stroke:var(--line);stroke-width:1.5}
.line{stroke:var(--fill);stroke-width:1.8;stroke-linejoin:round;fill:none;vector-effect:non-scaling-stroke}
.area .fill,.spark .fill{fill:var(--fill);opacity:.13}
.area .stack{fill:var(--fill);opacity:.82;stroke:var(--card);stroke-width:1}
.area .bars{fill:var(--fill)}
.area .band{fill:var(--band)}
.area .limit{stroke:var(--soft);stroke-width:1.5;stroke-dasharray:5 4}
.area .mark{stroke:var(--ink);stroke-width:1.2;stroke-dasharray:2 3;opacity:.75}.area .mark.m2{stroke:var(--c2);stroke-dasharray:none;opacity:1}
.area .cross{position:absolute;top:0;bottom:0;width:1px;background:var(--ink);opacity:0;pointer-events:none}
.area.on .cross{opacity:.55}
.figures{display:flex;gap:2px 20px;flex-wrap:wrap;margin:0 0 4px;font-size:.82rem;color:var(--soft)}
.figures div{display:flex;gap:.45em}.figures dt,.figures dd{margin:0}.figures dd{color:var(--ink);font-weight:600}
.heatplot{grid-template-columns:2.6em 1fr 54px}
.heatplot .ys span{transform:translateY(-50%)}
.heatplot .area{background:var(--h0)}
.heatplot .area path{fill:var(--fill)}
.heatplot .sums{height:var(--h);display:flex;flex-direction:column;padding-left:8px}
.heatplot .sums i{flex:1;background:var(--c6);opacity:.55;margin:1px 0;border-radius:0 3px 3px 0;min-width:1px}
.heatplot .xs{grid-column:2}
.ramp i{margin:0 1px 0 0;border-radius:0;width:16px}
.waits svg{display:block;margin:8px auto 6px;font-size:12px}
.waits .node text{text-anchor:middle}.waits text{fill:var(--ink)}.waits .soft{fill:var(--soft);font-size:11px}
.waits .edge{paint-order:stroke;stroke:var(--card);stroke-width:5px;stroke-linejoin:round;font-size:11.5px}
.waits rect{fill:var(--shade);stroke:var(--line)}.waits .free rect{stroke:var(--c3);stroke-width:2}.waits .worst rect{stroke:var(--problem);stroke-width:2.5}
.arrow{fill:none;stroke:var(--c6);stroke-width:1.6}.arrow.queued{stroke-dasharray:4 4}.waits marker path{fill:var(--c6)}
#tip{position:fixed;z-index:9;pointer-events:none;background:var(--card);color:var(--ink);border:1px solid var(--line);border-radius:8px;padding:7px 11px;font-size:.8rem;line-height:1.5;
box-shadow:0 4px 18px #0003;max-width:min(320px,90vw);font-variant-numeric:tabular-nums;display:none}
#tip b{display:block}#tip i{display:inline-block;width:9px;height:9px;border-radius:2px;background:var(--fill);margin-right:6px}
`;

const TABLES = `
table{border-collapse:separate;border-spacing:0;width:100%;font-size:.88rem;overflow:hidden}
caption{text-align:left;padding:0 0 8px;color:var(--soft)}
th,td{padding:7px 13px;text-align:left;vertical-align:top;border-top:1px solid var(--rule)}
thead th{border-top:0;color:var(--soft);font-weight:600;white-space:nowrap;padding:0}
tbody tr:first-child>*{border-top-color:var(--line)}
tbody th{font-weight:600}
.n{text-align:right;white-space:nowrap}
thead button{font:inherit;color:inherit;background:none;border:0;padding:8px 13px;width:100%;text-align:inherit;cursor:pointer}
thead button:hover{color:var(--ink)}
th[aria-sort] button{color:var(--ink)}th[aria-sort=descending] button::after{content:" \\2193"}th[aria-sort=ascending] button::after{content:" \\2191"}
tbody tr:hover>*{background:var(--shade)}
.seg{display:flex;height:22px;border-radius:5px;overflow:hidden;font-size:.76rem;min-width:2px}
.seg span{background:var(--fill);color:#fff;text-align:center;white-space:nowrap;overflow:hidden;line-height:22px;border-right:1px solid var(--card)}
.seg span:last-child{border-right:0}
.seg [class^=o-]{color:var(--ink)}
.segs>.legend{margin-top:0}.segrow{display:grid;grid-template-columns:minmax(7em,auto) 1fr;gap:2px 14px;margin-top:12px;align-items:baseline}
.segrow .seg{grid-column:1/-1}.segrow small{text-align:right}
.meter{display:block;height:5px;border-radius:3px;background:var(--c1);margin-top:3px}.n .meter{margin-left:auto}
.facts2{margin:0;padding:14px 18px;display:flex;flex-wrap:wrap;gap:8px 34px}.facts2 dt{color:var(--soft);font-size:.82rem}.facts2 dd{margin:0;font-size:1.12rem;font-weight:640}
pre.plan{padding:14px 16px;margin:8px 0 0;overflow-x:auto;white-space:pre}
.query{padding:16px 18px;margin-bottom:14px}
.query code{background:var(--shade);border-radius:5px;padding:2px 6px}
.query .figures{margin:8px 0 0}
details summary{cursor:pointer;color:var(--link);padding:4px 0}
details.card summary{padding:0;color:var(--ink);font-weight:600}
details[open] summary{margin-bottom:8px}
.flame .fs-flame{width:100%;display:block;--paper:var(--card)!important;border-radius:12px;border:1px solid var(--line)}
footer{color:var(--soft);font-size:.84rem;padding-top:44px}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
`;

const NARROW = `
@media(min-width:1100px){nav ul{flex-wrap:wrap}}
@media(max-width:680px){
.page{padding:0 14px 40px}nav{margin:0 -14px;padding:0 14px}
.plot{grid-template-columns:3.9em 1fr;--h:130px}.xs .odd{display:none}
.heatplot{grid-template-columns:1.8em 1fr 34px}
.grid.tiles{grid-template-columns:1fr 1fr}
.tile .big{font-size:1.28rem}
table,tbody,tr,td,tbody th{display:block}thead{display:none}
tr{padding:9px 14px;border-top:1px solid var(--line)}tbody tr:first-child{border-top:0}
tbody td,tbody th{border:0;padding:1px 0;text-align:left;white-space:normal}
td[data-l]{display:flex;gap:12px;justify-content:space-between;text-align:right}
td[data-l]::before{content:attr(data-l);color:var(--soft);white-space:nowrap;text-align:left}
td[data-l]:empty,td[data-l] .meter{display:none}
.finding{padding:12px 14px}
.segrow{grid-template-columns:1fr auto}
}`;

const PRINT = `
@media print{
:root{${LIGHT};--paper:#fff}
body{font-size:11pt}nav,#tip,thead button::after{display:none!important}.page{max-width:none;padding:0}section{padding-top:20px}
.chart,.tile,.finding,.query,tr,.segrow{break-inside:avoid}h2,h3{break-after:avoid}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
.grid{grid-template-columns:repeat(2,minmax(0,1fr))}.grid.tiles{grid-template-columns:repeat(4,minmax(0,1fr))}table{font-size:.74rem}th,td{padding:4px 6px}thead button{padding:4px 6px;white-space:normal}pre.plan{white-space:pre-wrap}
}`;

/** The style of the HTML report: one column of cards, light and dark, for screens of any width and for paper. */
export const PAGE_STYLE = `:root{color-scheme:light dark;${LIGHT}}
@media(prefers-color-scheme:dark){:root{${DARK}}${ownerRules('.page', 1)}.seg .c1,.seg .c2,.seg .c3,.seg .c4,.seg .c5,.seg .c6{color:#10151a}}
@media not all and (prefers-color-scheme:dark){${ownerRules('.page', 0)}}
${COLORS}${TYPE}${LAYOUT}${TILES}${CHARTS}${TABLES}${NARROW}${PRINT}`;
