import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPerson, axeFindings, chromiumPath, openBrowser, press } from '../support/browser.js';
import { startHarness } from '../support/harness.js';
import type { Harness } from '../support/harness.js';
import { noteSecret } from '../support/leftovers.js';
import { adminCode, createPerson } from '../support/story.js';

let harness: Harness;
let browser: Browser;

/** Eleven pages, each looked at by axe: slow on a busy machine. Milliseconds. */
const TIMEOUT_MS = 120_000;

// 320 pixels: what 400 % zoom leaves of an ordinary window (WCAG 2.2, 1.4.10).
const LOOKS: [name: string, options: BrowserContextOptions][] = [
  ['light and wide', { colorScheme: 'light', viewport: { width: 1_280, height: 900 } }],
  ['dark and narrow', { colorScheme: 'dark', viewport: { width: 320, height: 640 } }],
];

describe.skipIf(chromiumPath === null)('the pages', () => {
  beforeAll(async () => {
    [harness, browser] = await Promise.all([startHarness(), openBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await harness.stop();
  });

  it.each(LOOKS)(
    'are accessible: %s',
    async (_, look) => {
      const person = await createPerson(harness);
      const { link, code } = await adminCode(harness, person, { flow_type: 'browser' });
      const mailed = await harness.admin('POST', '/admin/recovery/link', { body: { identity_id: person.id } });
      const checked: string[] = [];
      const check = async (page: Page, name: string): Promise<void> => {
        expect(await axeFindings(page), name).toEqual([]);
        const { width, content } = await page.evaluate(() => {
          const { clientWidth, scrollWidth } = (globalThis as unknown as Window).document.documentElement;
          return { width: clientWidth, content: scrollWidth };
        });
        expect(content, `${name}: scrolls sideways`).toBeLessThanOrEqual(width);
        checked.push(name);
      };

      await asPerson(
        browser,
        async (page) => {
          await page.goto(`${harness.publicUrl}/self-service/login/browser`);
          await check(page, 'login');
          await page.getByLabel('E-mail').fill(person.email);
          await page.getByLabel('Password', { exact: true }).fill('not-the-password');
          await press(page.getByRole('button', { name: 'Sign in' }));
          await check(page, 'login, wrong password');

          await press(page.getByRole('link', { name: 'Forgotten your password?' }));
          await check(page, 'recovery, address');
          await page.getByLabel('E-mail address').fill(person.email);
          await press(page.getByRole('button', { name: 'Continue' }));
          await check(page, 'recovery, code');
          await page.locator('input[autocomplete="one-time-code"]').fill('000000');
          await press(page.getByRole('button', { name: 'Continue' }));
          await check(page, 'recovery, wrong code');

          await page.goto(mailed.json.recovery_link as string);
          await check(page, 'link');
          await page.goto(`${harness.publicUrl}/self-service/recovery/browser?return_to=https://elsewhere.example/`);
          await check(page, 'error');

          await page.goto(link);
          await check(page, 'administrator’s code');
          noteSecret('code', code);
          await page.locator('input[autocomplete="one-time-code"]').fill(code);
          await press(page.getByRole('button', { name: 'Continue' }));
          await check(page, 'settings after recovery');
          await page.getByLabel('Password', { exact: true }).fill('short');
          await press(page.getByRole('button', { name: 'Save' }).first());
          await check(page, 'settings, short password');
          await page.goto(link);
          await check(page, 'code used');
        },
        { ...look, javaScriptEnabled: true },
      );
      expect(checked).toHaveLength(11);
    },
    TIMEOUT_MS,
  );
});

interface Window {
  document: { documentElement: { clientWidth: number; scrollWidth: number } };
}
