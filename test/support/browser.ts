import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { findChromium, launchChromium } from '../../stack/pictures/chromium.js';

/** Path of the Chromium to test with, or null. Says loudly that browser tests are left out; in CI that is an error. */
export const chromiumPath: string | null = find();

function find(): string | null {
  const path = findChromium(process.env);
  if (path !== null) return path;
  const text =
    'Browser tests need Chromium: install it (Debian: apt-get install chromium) or name one in LATCHKEY_CHROMIUM.';
  if ((process.env.CI ?? '') !== '') throw new Error(text);
  process.stderr.write(`\n!! SKIPPED: ${text}\n\n`);
  return null;
}

/** A browser for a test file. Close it in `afterAll`. */
export async function openBrowser(): Promise<Browser> {
  return launchChromium(chromiumPath ?? '');
}

/** A browser of one person: no cookies yet. Runs `use` with its page and fails on anything that the console complains of. */
export async function asPerson<T>(
  browser: Browser,
  use: (page: Page) => Promise<T>,
  options: BrowserContextOptions = { javaScriptEnabled: false },
): Promise<T> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // Chromium notes every answer of 400 and above; those are the test's business.
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) {
      complaints.push(message.text());
    }
  });
  try {
    const result = await use(page);
    if (complaints.length > 0) throw new Error(`The browser complained: ${complaints.join('; ')}`);
    return result;
  } finally {
    await context.close();
  }
}

/** Clicks what leads to another page, and waits until that one is there. */
export async function press(target: Locator): Promise<void> {
  const loaded = target.page().waitForEvent('load');
  await target.click();
  await loaded;
}

/** A finding of axe, in short. */
export interface AxeFinding {
  rule: string;
  impact: string;
  where: string[];
}

/** What axe finds on a page, by WCAG 2.2 A and AA and its best practices. The page needs JavaScript switched on. */
export async function axeFindings(page: Page): Promise<AxeFinding[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(async () => {
    const { axe: injected } = globalThis as unknown as { axe: typeof axe };
    return injected.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
  });
  return violations.map(({ id, impact, nodes }) => ({
    rule: id,
    impact: impact ?? 'unknown',
    where: nodes.map(({ html }) => html.slice(0, 200)),
  }));
}
