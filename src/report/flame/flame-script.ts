/**
 * What makes the flame graph move: zoom by click or Enter, search, names cut to their frames, arrows of the keyboard. It
 * reads all it needs from the picture itself, reaches for nothing outside of it, and works for several on one page.
 */
export const FLAME_SCRIPT = `(function () {
'use strict';
var svg = document.currentScript.closest('.fs-flame');
var area = svg.querySelector('.frames'), head = svg.querySelector('.head'), holder = svg.querySelector('foreignObject');
var input = svg.querySelector('input'), reset = svg.querySelector('button'), found = svg.querySelector('.found'), detail = svg.querySelector('.detail');
var width = 1200, zoomed = null, active = null, hint = detail.textContent;
var frames = Array.prototype.map.call(svg.querySelectorAll('.f'), function (el, i) {
  var lines = el.querySelector('title').textContent.split('\\n');
  return { el: el, i: i, x: parseFloat(el.getAttribute('x')), w: parseFloat(el.getAttribute('width')), level: +el.getAttribute('aria-level'),
    name: lines[0], find: (lines[0] + ' ' + lines[1]).toLowerCase(), text: lines.join(' \\u00b7 '), parent: null, kids: [], shown: true };
});
var path = [];
frames.forEach(function (f) {
  path.length = f.level - 1;
  f.parent = path[f.level - 2] || null;
  if (f.parent) f.parent.kids.push(f);
  path[f.level - 1] = f;
});
function within(f, z) { for (; f; f = f.parent) if (f === z) return true; return false; }
function label(f, share) {
  var px = share / 100 * 0.98 * width, room = Math.floor((px - 8) / 6.4), text = f.el.querySelector('text');
  var words = room < 3 ? '' : f.name.length > room ? f.name.slice(0, room - 1) + '\\u2026' : f.name;
  if (!text && words) {
    text = document.createElementNS('http://www.w3.org/2000/svg', 'text');
    text.setAttribute('x', '5'); text.setAttribute('y', '14');
    f.el.appendChild(text);
  }
  if (text) text.textContent = words;
}
function draw() {
  var z = zoomed || frames[0];
  width = svg.getBoundingClientRect().width;
  frames.forEach(function (f) {
    var above = f !== z && within(z, f), inside = within(f, z);
    f.shown = above || inside;
    f.el.style.display = f.shown ? '' : 'none';
    if (!f.shown) return;
    var share = above ? 100 : f.w / z.w * 100;
    f.el.setAttribute('x', (above ? 0 : (f.x - z.x) / z.w * 100).toFixed(4) + '%');
    f.el.setAttribute('width', share.toFixed(4) + '%');
    f.el.classList.toggle('up', above);
    label(f, share);
  });
  reset.disabled = !zoomed;
}
function place() {
  var height = head.offsetHeight;
  if (!height) return;
  holder.setAttribute('height', height);
  area.setAttribute('y', height);
  svg.setAttribute('height', height + parseFloat(area.getAttribute('height')) + 12);
  draw();
}
function zoom(f) { zoomed = f && f.parent ? f : null; draw(); }
function tell(f) { detail.textContent = f ? f.text : hint; }
function focus(f) {
  if (!f) return;
  if (active) { active.el.setAttribute('tabindex', '-1'); }
  active = f;
  f.el.setAttribute('tabindex', '0');
  f.el.focus({ preventScroll: false });
  tell(f);
}
function search() {
  var words = input.value.trim().toLowerCase(), hits = 0, share = 0;
  frames.forEach(function (f) {
    var hit = words !== '' && f.find.indexOf(words) >= 0;
    f.counted = hit || !!f.parent && f.parent.counted;
    f.el.classList.toggle('hit', hit);
    f.el.classList.toggle('dim', words !== '' && !hit);
    if (!hit) return;
    hits++;
    if (!f.parent || !f.parent.counted) share += f.w;
  });
  found.textContent = words === '' ? '' : hits + (hits === 1 ? ' frame, ' : ' frames, ') + share.toFixed(1) + ' % of the whole';
}
function frameOf(event) {
  var el = event.target.closest && event.target.closest('.f');
  return el ? frames.find(function (f) { return f.el === el; }) : null;
}
function beside(f, step) {
  for (var i = f.i + step; i >= 0 && frames.length > i; i += step) if (frames[i].shown && frames[i].level === f.level) return frames[i];
  return null;
}
area.addEventListener('click', function (event) { var f = frameOf(event); if (f) { zoom(f); focus(f); } });
area.addEventListener('pointerover', function (event) { tell(frameOf(event) || active); });
area.addEventListener('pointerleave', function () { tell(active); });
area.addEventListener('focusin', function (event) { var f = frameOf(event); if (f) { active = f; tell(f); } });
area.addEventListener('keydown', function (event) {
  var f = frameOf(event), to = null, shownKid = f && f.kids.find(function (k) { return k.shown; });
  if (!f) return;
  if (event.key === 'ArrowDown') to = shownKid;
  else if (event.key === 'ArrowUp') to = f.parent;
  else if (event.key === 'ArrowRight') to = beside(f, 1);
  else if (event.key === 'ArrowLeft') to = beside(f, -1);
  else if (event.key === 'Home') to = frames[0];
  else if (event.key === 'Enter' || event.key === ' ') { zoom(f); to = f; }
  else return;
  event.preventDefault();
  focus(to);
});
svg.addEventListener('keydown', function (event) {
  if (event.key === 'Escape') { input.value = ''; search(); zoom(null); }
  else if (event.key === '/' && event.target !== input) { event.preventDefault(); input.focus(); }
});
input.addEventListener('input', search);
reset.addEventListener('click', function () { zoom(null); });
frames[0].el.setAttribute('tabindex', '0');
if (svg === document.documentElement) svg.setAttribute('width', '100%');
if (window.ResizeObserver) new ResizeObserver(place).observe(svg.parentNode === document ? svg : svg.parentNode);
window.addEventListener('resize', place);
window.addEventListener('load', place);
place();
})();`;
