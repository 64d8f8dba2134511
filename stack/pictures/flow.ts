import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import type { DemoStack } from '../demo/own-stack.js';
import { startTalk } from '../demo/talk.js';
import type { Talk } from '../demo/talk.js';

/** Between the steps, so that they stand apart on Temporal's timeline. */
const PAUSE_MS = 2_500;
const PAGE = { width: 520, height: 640 };
const INBOX = { width: 860, height: 960 };

const EMAIL = 'ada@example.com';
const PASSWORD = 'quiet-lantern-over-water';

/**
 * Plays one recovery in the browser, to its end, and takes pictures of its pages and of its mail. Returns the id of the
 * flow.
 */
export async function pictureRecovery(browser: Browser, stack: DemoStack, folder: string): Promise<string> {
  const talk = startTalk({ inboxUrl: stack.inboxUrl, print: () => undefined });
  const traits = { email: EMAIL, name: { first: 'Ada', last: 'Lovelace' } };
  await talk.call('POST', `${stack.adminUrl}/admin/identities`, {
    body: { schema_id: 'default', traits },
    expect: [201],
  });

  const page = await open(browser, PAGE);
  await page.goto(`${stack.publicUrl}/self-service/recovery/browser`);
  const flowId = new URL(page.url()).searchParams.get('flow') ?? '';
  await page.getByLabel('E-mail address').fill(EMAIL);
  await press(page.getByRole('button', { name: 'Continue' }));
  const { code, mailId } = await codeMail(talk);
  await picture(page, join(folder, 'recovery-page.png'));

  await delay(PAUSE_MS);
  await enterCode(page, `${code.slice(0, -1)}${(Number(code.at(-1)) + 1) % 10}`);
  await delay(PAUSE_MS);
  await enterCode(page, code);
  await picture(page, join(folder, 'settings-page.png'));

  const inbox = await open(browser, INBOX);
  await inbox.goto(`${stack.inboxUrl}/messages/${mailId}`);
  // Only what is in the window: frames beyond it stay unpainted.
  await inbox.screenshot({ path: join(folder, 'inbox.png') });
  await inbox.context().close();

  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await press(page.getByRole('button', { name: 'Save' }).first());
  await talk.mail(EMAIL);
  await page.context().close();
  return flowId;
}

async function open(browser: Browser, viewport: { width: number; height: number }): Promise<Page> {
  const context = await browser.newContext({ viewport, colorScheme: 'light', deviceScaleFactor: 2 });
  return context.newPage();
}

async function codeMail(talk: Talk): Promise<{ code: string; mailId: string }> {
  const { id, text } = await talk.mail(EMAIL);
  return { mailId: id, code: /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0] ?? '' };
}

async function enterCode(page: Page, code: string): Promise<void> {
  await page.locator('input[autocomplete="one-time-code"]').fill(code);
  await press(page.getByRole('button', { name: 'Continue' }));
}

/** Clicks what leads to another page, and waits until that one is there. */
async function press(button: Locator): Promise<void> {
  const loaded = button.page().waitForEvent('load');
  await button.click();
  await loaded;
}

function picture(page: Page, path: string): Promise<Buffer> {
  return page.screenshot({ path, fullPage: true, caret: 'hide', animations: 'disabled' });
}
