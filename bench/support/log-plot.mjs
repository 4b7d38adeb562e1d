const WIDTH = 800;
const HEIGHT = 420;
const LEFT = 70;
const RIGHT = 250;
const TOP = 46;
const BOTTOM = 50;
const COLOURS = ['#2563eb', '#d97706', '#059669', '#b91c1c', '#7c3aed'];

const escaped = (text) => String(text).replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
const short = (n) => (n >= 1e6 ? `${n / 1e6} M` : n >= 1e3 ? `${n / 1e3} k` : String(n));

/** An SVG picture of lines over two logarithmic axes: series of { name, points: [[x, y], ...] }. */
export function logPlot({ title, xName, yName, series }) {
  const all = series.flatMap((one) => one.points);
  const [x0, x1] = [Math.floor(Math.log10(Math.min(...all.map(([x]) => x)))), Math.ceil(Math.log10(Math.max(...all.map(([x]) => x))) - 1e-9)];
  const [y0, y1] = [Math.floor(Math.log10(Math.min(...all.map(([, y]) => y)))), Math.ceil(Math.log10(Math.max(...all.map(([, y]) => y))))];
  const xAt = (x) => LEFT + (Math.log10(x) - x0) / Math.max(1, x1 - x0) * (WIDTH - LEFT - RIGHT);
  const yAt = (y) => HEIGHT - BOTTOM - (Math.log10(y) - y0) / Math.max(1, y1 - y0) * (HEIGHT - TOP - BOTTOM);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/><text x="${LEFT}" y="26" font-size="16" font-weight="bold">${escaped(title)}</text>`,
  ];
  for (let e = x0; e <= x1; e++) {
    const x = xAt(10 ** e);
    parts.push(`<line x1="${x}" y1="${TOP}" x2="${x}" y2="${HEIGHT - BOTTOM}" stroke="#ddd"/><text x="${x}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${short(10 ** e)}</text>`);
  }
  for (let e = y0; e <= y1; e++) {
    const y = yAt(10 ** e);
    parts.push(`<line x1="${LEFT}" y1="${y}" x2="${WIDTH - RIGHT}" y2="${y}" stroke="#ddd"/><text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${short(10 ** e)}</text>`);
  }
  parts.push(`<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(xName)}</text>`);
  parts.push(`<text x="18" y="${(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 18 ${(TOP + HEIGHT - BOTTOM) / 2})">${escaped(yName)}</text>`);
  // Labels stand beside the last points, at least a line apart.
  const labels = series.map((one, i) => ({ i, y: yAt(one.points.at(-1)?.[1] ?? 1) })).sort((a, b) => a.y - b.y);
  labels.forEach((label, k) => { if (k > 0) label.y = Math.max(label.y, labels[k - 1].y + 16); });
  series.forEach((one, i) => {
    const colour = COLOURS[i % COLOURS.length];
    parts.push(`<polyline fill="none" stroke="${colour}" stroke-width="2" points="${one.points.map(([x, y]) => `${xAt(x).toFixed(1)},${yAt(y).toFixed(1)}`).join(' ')}"/>`);
    for (const [x, y] of one.points) parts.push(`<circle cx="${xAt(x).toFixed(1)}" cy="${yAt(y).toFixed(1)}" r="3.5" fill="${colour}"><title>${escaped(one.name)}: ${short(x)}, ${Math.round(y)} ${escaped(yName)}</title></circle>`);
    const label = labels.find((l) => l.i === i);
    parts.push(`<text x="${xAt(one.points.at(-1)?.[0] ?? 1) + 9}" y="${label.y + 4}" fill="${colour}">${escaped(one.name)}</text>`);
  });
  return `${parts.join('\n')}\n</svg>\n`;
}
