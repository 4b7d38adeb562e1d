/**
 * The script of the HTML report: figures where somebody points in a chart (all charts over time move together), tables
 * sorted by a click on a title, everything unfolded for paper. Without it the page still shows everything.
 */
export const PAGE_SCRIPT = `(function () {
'use strict';
var data = JSON.parse(document.getElementById('figures').textContent), tip = document.getElementById('tip');
var charts = Array.prototype.map.call(document.querySelectorAll('[data-chart]'), function (el) {
  var chart = data.charts[+el.dataset.chart], area = el.querySelector('.area');
  return { area: area, cross: area.querySelector('.cross'), axis: chart.axis, series: chart.series, rows: +el.dataset.rows || 0 };
});
function nearest(at, share) {
  var low = 0, high = at.length - 1;
  while (high - low > 1) { var mid = (low + high) >> 1; if (at[mid] > share) high = mid; else low = mid; }
  return Math.abs(at[low] - share) > Math.abs(at[high] - share) ? high : low;
}
function add(tag, text, color) {
  var el = document.createElement(tag);
  if (color) { var mark = document.createElement('i'); mark.className = color; el.appendChild(mark); }
  el.appendChild(document.createTextNode(text));
  tip.appendChild(el);
}
function show(chart, place, row, x, y) {
  var axis = data.axes[chart.axis], shown = chart.series;
  if (chart.rows) shown = [chart.series[row]];
  charts.forEach(function (other) {
    var same = other.axis === chart.axis;
    other.area.classList.toggle('on', same);
    if (same) other.cross.style.left = axis.at[place] * 100 + '%';
  });
  tip.textContent = '';
  add('b', axis.heads[place]);
  shown.forEach(function (one) { if (one && one.texts[place] !== '') add('div', (shown.length > 1 || chart.rows ? one.label + ': ' : '') + one.texts[place], one.color); });
  tip.style.display = 'block';
  var box = tip.getBoundingClientRect();
  tip.style.left = Math.max(6, Math.min(x + 14, innerWidth - box.width - 6)) + 'px';
  tip.style.top = (y + box.height + 24 > innerHeight ? y - box.height - 12 : y + 16) + 'px';
}
function hide() {
  tip.style.display = 'none';
  charts.forEach(function (chart) { chart.area.classList.remove('on'); });
}
charts.forEach(function (chart) {
  var place = 0, row = 0;
  function point(event) {
    var box = chart.area.getBoundingClientRect();
    place = nearest(data.axes[chart.axis].at, (event.clientX - box.left) / box.width);
    row = Math.max(0, Math.min(chart.rows - 1, Math.floor((event.clientY - box.top) / box.height * chart.rows)));
    show(chart, place, row, event.clientX, event.clientY);
  }
  function step() {
    var box = chart.area.getBoundingClientRect();
    show(chart, place, row, box.left + box.width * data.axes[chart.axis].at[place], box.top + (chart.rows ? box.height * row / chart.rows : box.height / 2));
  }
  chart.area.addEventListener('pointermove', point);
  chart.area.addEventListener('pointerdown', point);
  chart.area.addEventListener('pointerleave', hide);
  chart.area.addEventListener('blur', hide);
  chart.area.addEventListener('keydown', function (event) {
    var last = data.axes[chart.axis].at.length - 1;
    if (event.key === 'ArrowRight') place = Math.min(last, place + 1);
    else if (event.key === 'ArrowLeft') place = Math.max(0, place - 1);
    else if (event.key === 'ArrowDown' && chart.rows) row = Math.min(chart.rows - 1, row + 1);
    else if (event.key === 'ArrowUp' && chart.rows) row = Math.max(0, row - 1);
    else if (event.key === 'Home') place = 0;
    else if (event.key === 'End') place = last;
    else if (event.key === 'Escape') { hide(); return; }
    else return;
    event.preventDefault();
    step();
  });
});
Array.prototype.forEach.call(document.querySelectorAll('th button'), function (button) {
  button.addEventListener('click', function () {
    var th = button.parentNode, body = th.closest('table').tBodies[0], place = th.cellIndex, down = th.getAttribute('aria-sort') !== 'descending';
    function value(tr) { var cell = tr.cells[place]; return cell.dataset.v === undefined ? cell.textContent : +cell.dataset.v; }
    var rows = Array.prototype.slice.call(body.rows).sort(function (a, b) {
      var x = value(a), y = value(b), order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y));
      return down ? -order : order;
    });
    Array.prototype.forEach.call(th.parentNode.cells, function (other) { other.removeAttribute('aria-sort'); });
    th.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    rows.forEach(function (tr) { body.appendChild(tr); });
  });
});
window.addEventListener('beforeprint', function () {
  Array.prototype.forEach.call(document.querySelectorAll('details'), function (el) { el.open = true; });
});
})();`;
