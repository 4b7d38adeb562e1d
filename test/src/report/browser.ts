import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { outsideReader } from './outside-reader.js';

/** As much of playwright-core as the tests use. */
export interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<Result>(expression: string): Promise<Result>;
  locator(selector: string): Locator;
  screenshot(options: { path: string; fullPage?: boolean }): Promise<unknown>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  emulateMedia(media: { colorScheme?: 'light' | 'dark'; media?: 'print' | 'screen' }): Promise<void>;
  keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
  on(event: string, listener: (what: never) => void): void;
}

export interface Locator {
  click(): Promise<void>;
  hover(): Promise<void>;
  first(): Locator;
  nth(place: number): Locator;
  count(): Promise<number>;
  textContent(): Promise<string | null>;
  getAttribute(name: string): Promise<string | null>;
  isVisible(): Promise<boolean>;
}

interface Playwright {
  chromium: {
    launchPersistentContext(folder: string, options: object): Promise<{ pages(): Page[]; newPage(): Promise<Page>; close(): Promise<void> }>;
  };
}

export interface Browser {
  /** Opens that text as a file of that name, in a window of that size. */
  open(name: string, content: string, size?: { width: number; height: number }): Promise<Page>;
  /** What went wrong on any page: messages of the console, errors, dialogs, requests for anything but the file. */
  readonly troubles: string[];
  /** Where to put screenshots; kept after the test. */
  readonly screenshots: string;
  close(): Promise<void>;
}

const ARGUMENTS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** A headless Chromium; undefined, with the reason printed, where there is none. */
export async function openBrowser(): Promise<Browser | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    console.log('not checked: there is no Chromium here to open the report in (apt-get install chromium)');
    return undefined;
  }
  const playwright = await outsideReader<Playwright>('playwright-core');
  if (playwright === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-browser-'));
  const screenshots = mkdtempSync(join(tmpdir(), 'fieldstone-screenshots-'));
  const context = await playwright.chromium.launchPersistentContext(join(folder, 'user'), { executablePath, headless: true, args: ARGUMENTS });
  const troubles: string[] = [];
  const watch = (page: Page): void => {
    page.on('console', (message: { text(): string }) => { troubles.push(`console: ${message.text()}`); });
    page.on('pageerror', (error: Error) => { troubles.push(`error: ${error.message}`); });
    page.on('dialog', (dialog: { dismiss(): Promise<void> }) => { troubles.push('a dialog'); void dialog.dismiss(); });
    page.on('request', (request: { url(): string }) => { if (!request.url().startsWith('file:')) troubles.push(`request: ${request.url()}`); });
  };
  return {
    troubles, screenshots,
    open: async (name, content, size = { width: 1280, height: 900 }) => {
      const path = join(folder, name);
      writeFileSync(path, content);
      const page = await context.newPage();
      watch(page);
      await page.setViewportSize(size);
      await page.goto(pathToFileURL(path).href);
      return page;
    },
    close: async () => {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
