import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { flameGraphReport } from '../../../src/report/flame/flame-graph.js';
import { htmlReport } from '../../../src/report/html/html-report.js';
import { openBrowser, type Browser, type Page } from './browser.js';
import { hostileProfile } from './hostile-profile.js';
import { sampleProfile } from './sample-profile.js';

let browser: Browser | undefined;

beforeAll(async () => {
  browser = await openBrowser();
  if (browser !== undefined) console.log(`screenshots: ${browser.screenshots}`);
}, 60_000);
afterAll(() => browser?.close());
beforeEach(() => { if (browser !== undefined) browser.troubles.length = 0; });

/** The place of a frame of the flame graph: its share of the picture in percent, undefined when hidden. */
function widthOf(page: Page, name: string): Promise<number | undefined> {
  return page.evaluate<number | undefined>(`(() => {
    const frame = [...document.querySelectorAll('.f')].find((f) => f.querySelector('title').textContent.startsWith(${JSON.stringify(`${name}\n`)}));
    return frame === undefined || frame.style.display === 'none' ? undefined : parseFloat(frame.getAttribute('width'));
  })()`);
}

describe('the flame graph', () => {
  test('zooms by a click, goes back, searches, walks by the keyboard', async () => {
    const page = await browser?.open('flame.svg', flameGraphReport(sampleProfile()));
    if (page === undefined || browser === undefined) return;
    const before = await widthOf(page, 'decodeRow');
    expect(before).toBeLessThan(45);
    expect(await page.locator('button').getAttribute('disabled')).not.toBeNull();

    await clickFrame(page, 'handleSearch');
    expect(await widthOf(page, 'handleSearch')).toBe(100);
    expect(await widthOf(page, 'main')).toBe(100);
    expect(await widthOf(page, 'placeOrder')).toBeUndefined();
    expect(await widthOf(page, 'decodeRow')).toBeGreaterThan(before! * 2);
    expect(await page.locator('.detail').textContent()).toMatch(/^handleSearch · \/?app\/search\.js:18 · .* s, .* %/);
    await page.screenshot({ path: join(browser.screenshots, 'flame-zoomed.png') });

    await page.locator('button').click();
    expect(await widthOf(page, 'decodeRow')).toBe(before);
    await page.locator('input').click();
    await page.keyboard.type('DECODE');
    expect(await page.locator('.found').textContent()).toMatch(/^3 frames, [\d.]+ % of the whole$/);
    expect(await page.locator('.f.hit').count()).toBe(3);
    expect(await page.locator('.f.dim').count()).toBeGreaterThan(20);
    await page.screenshot({ path: join(browser.screenshots, 'flame-searched.png') });

    await page.keyboard.press('Escape');
    expect(await page.locator('.f.hit').count()).toBe(0);
    await clickFrame(page, 'all');
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key);
    expect(await page.locator('.detail').textContent()).toMatch(/^handleOrder /);
    await page.keyboard.press('Enter');
    expect(await widthOf(page, 'handleOrder')).toBe(100);
    await page.keyboard.press('/');
    await page.keyboard.type('crc');
    expect(await page.locator('.f.hit').count()).toBe(1);
    expect(browser.troubles).toEqual([]);
  });

  test('shows every call of what is zoomed into, however the places are rounded', async () => {
    // A third of the whole has two halves: 33.3333 %, but twice 16.6667 %.
    const names = ['(root)', 'third', 'first half', 'second half', ...Array.from({ length: 20 }, (_, i) => `other ${i}`)];
    const weights = [0, 0, 5, 5, ...new Array<number>(20).fill(1)];
    const nodes = names.map((functionName, id) => ({
      id: id + 1, callFrame: { functionName, scriptId: '1', url: 'file:///app.js', lineNumber: id, columnNumber: 0 }, hitCount: weights[id] ?? 0,
      children: id === 0 ? [2, ...names.slice(4).map((_, i) => i + 5)] : id === 1 ? [3, 4] : [],
    }));
    const { heap: _, ...rest } = sampleProfile();
    const page = await browser?.open('flame.svg', flameGraphReport({ ...rest, cpu: { nodes, startTime: 0, endTime: 30_000 } }));
    if (page === undefined || browser === undefined) return;
    await clickFrame(page, 'third');
    expect([await widthOf(page, 'first half'), await widthOf(page, 'second half')].map((width) => Math.round(width ?? 0))).toEqual([50, 50]);
    await page.locator('input').click();
    await page.keyboard.type('half');
    expect(await page.locator('.found').textContent()).toBe('2 frames, 33.3 % of the whole');
    expect(browser.troubles).toEqual([]);
  });

  test.each(['light', 'dark'] as const)('fits a phone, %s', async (colorScheme) => {
    const page = await browser?.open('flame.svg', flameGraphReport(sampleProfile(), 'heap'), { width: 390, height: 700 });
    if (page === undefined || browser === undefined) return;
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await page.screenshot({ path: join(browser.screenshots, `flame-phone-${colorScheme}.png`) });
    expect(browser.troubles).toEqual([]);
  });
});

/** A real click in the middle of what is seen of a frame. */
async function clickFrame(page: Page, name: string): Promise<void> {
  const place = await page.evaluate<number>(`[...document.querySelectorAll('.f')].findIndex((f) => f.querySelector('title').textContent.startsWith(${JSON.stringify(`${name}\n`)}))`);
  await page.locator('.f > rect').nth(place).click();
}

describe('the page', () => {
  test.each([[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark']] as const)('fits a window of %d, %s, and answers to the pointer', async (width, colorScheme) => {
    const page = await browser?.open('report.html', htmlReport(sampleProfile()), { width, height: 900 });
    if (page === undefined || browser === undefined) return;
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const area = page.locator('#time .area').first();
    await area.hover();
    expect(await page.locator('#tip').isVisible()).toBe(true);
    expect(await page.locator('#tip').textContent()).toMatch(/get: [\d.]+ k? ?\/ s/);
    expect(await page.locator('.area.on').count()).toBeGreaterThan(6);
    await page.screenshot({ path: join(browser.screenshots, `report-${width}-${colorScheme}.png`), fullPage: true });
    expect(browser.troubles).toEqual([]);
  });

  test('shows each section, leads to it, and sorts its tables', async () => {
    const page = await browser?.open('report.html', htmlReport(sampleProfile()));
    if (page === undefined || browser === undefined) return;
    const links = await page.evaluate<string[]>("[...document.querySelectorAll('nav a')].map((a) => a.getAttribute('href'))");
    expect(links).toEqual([
      '#overview', '#findings', '#time', '#operations', '#cpu', '#queries', '#cache', '#locks', '#transactions', '#log', '#io', '#memory', '#codecs', '#buffers', '#settings',
    ]);
    for (const link of links) expect(await page.locator(`section${link} > h2`).count(), link).toBe(1);
    expect(await page.evaluate("[...document.querySelectorAll('a')].filter((a) => document.querySelector(a.getAttribute('href')) === null).length")).toBe(0);
    const names = (): Promise<string[]> => page.evaluate("[...document.querySelectorAll('#io tbody tr')].map((tr) => tr.cells[0].firstChild.textContent.trim())");
    expect((await names())[0]).toBe('people.dbf');
    await page.locator('#io th button').nth(7).click();
    expect((await names())[0]).toBe('fieldstone-7.wal');
    await page.locator('#io th button').first().click();
    await page.locator('#io th button').first().click();
    expect(await names()).toEqual([...await names()].sort((a, b) => a.localeCompare(b)));
    expect(await page.locator('#io th[aria-sort]').getAttribute('aria-sort')).toBe('ascending');
    expect(browser.troubles).toEqual([]);
  });

  test('has flame graphs that zoom and search each for itself', async () => {
    const page = await browser?.open('report.html', htmlReport(sampleProfile()));
    if (page === undefined || browser === undefined) return;
    await page.locator('#cpu .f > rect').nth(2).click();
    await page.locator('#memory .fs-flame input').click();
    await page.keyboard.type('encode');
    expect(await page.locator('#cpu .fs-flame button').getAttribute('disabled')).toBeNull();
    expect(await page.locator('#memory .fs-flame button').getAttribute('disabled')).not.toBeNull();
    expect(await page.locator('#memory .f.hit').count()).toBeGreaterThan(1);
    expect(await page.locator('#cpu .f.hit').count()).toBe(0);
    expect(browser.troubles).toEqual([]);
  });

  test('answers to the arrow keys in a chart, also in the heat map', async () => {
    const page = await browser?.open('report.html', htmlReport(sampleProfile()));
    if (page === undefined || browser === undefined) return;
    await page.locator('.heat .area').click();
    for (const key of ['Home', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowDown']) await page.keyboard.press(key);
    expect(await page.locator('#tip').textContent()).toMatch(/^up to 1 sshard 1: \d+ waits?$/);
    await page.keyboard.press('Escape');
    expect(await page.locator('#tip').isVisible()).toBe(false);
    expect(browser.troubles).toEqual([]);
  });

  test('prints with everything unfolded and nothing cut off', async () => {
    const page = await browser?.open('report.html', htmlReport(sampleProfile()), { width: 800, height: 900 });
    if (page === undefined || browser === undefined) return;
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.evaluate("window.dispatchEvent(new Event('beforeprint'))");
    expect(await page.evaluate("[...document.querySelectorAll('details')].every((one) => one.open)")).toBe(true);
    expect(await page.locator('nav').isVisible()).toBe(false);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(800);
    await page.screenshot({ path: join(browser.screenshots, 'report-print.png'), fullPage: true });
    expect(browser.troubles).toEqual([]);
  });
});

describe('names that would run, load or break something', () => {
  test.each([['report.html', htmlReport], ['flame.svg', flameGraphReport]] as const)('do nothing in %s', async (name, render) => {
    const page = await browser?.open(name, render(hostileProfile()), { width: 390, height: 800 });
    if (page === undefined || browser === undefined) return;
    expect(await page.evaluate('document.title')).not.toBe('owned');
    expect(await page.evaluate("document.querySelectorAll('img, iframe, object, embed, base, link, [onerror], [onmouseover], [onload]').length")).toBe(0);
    expect(await page.evaluate("[...document.querySelectorAll('a')].every((a) => a.getAttribute('href').startsWith('#'))")).toBe(true);
    expect(await page.locator('script').count()).toBe(name === 'report.html' ? 4 : 1);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    const seen = "[document.body ?? document.documentElement].concat([...document.querySelectorAll('[aria-label], [title]')])"
      + ".map((e) => (e.innerText ?? e.textContent) + e.getAttribute('aria-label') + e.getAttribute('title')).join('')";
    expect(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u202e\u200b]/.test(await page.evaluate<string>(seen))).toBe(false);
    await page.screenshot({ path: join(browser.screenshots, `hostile-${name}.png`), fullPage: name === 'report.html' });
    expect(browser.troubles).toEqual([]);
  });
});
