import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPerson, chromiumPath, openBrowser, press } from '../support/browser.js';
import { startHarness } from '../support/harness.js';
import type { Harness } from '../support/harness.js';
import { noteSecret } from '../support/leftovers.js';
import { adminCode, createPerson } from '../support/story.js';
import type { Person } from '../support/story.js';

let harness: Harness;
let browser: Browser;

describe.skipIf(chromiumPath === null)('the pages, in a browser without JavaScript', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    [harness, browser] = await Promise.all([startHarness(), openBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await harness.stop();
  });

  it("lead from an administrator's code to a new password, past one that is too short", async () => {
    const person = await createPerson(harness);
    const { link, code } = await adminCode(harness, person, { flow_type: 'browser', expires_in: '12h' });
    await asPerson(browser, async (page) => {
      await page.goto(link);
      expect(new URL(page.url()).pathname).toBe('/ui/recovery');
      await enterCode(page, code);
      expect(new URL(page.url()).pathname).toBe('/ui/settings');
      expect(await messageIds(page)).toEqual(['1060001']);

      const password = page.getByLabel('Password', { exact: true });
      await savePassword(page, 'short');
      expect(await password.getAttribute('aria-invalid')).toBe('true');
      const described = ((await password.getAttribute('aria-describedby')) ?? '').split(' ');
      expect(described).toContain('password-error');
      const error = page.locator('input#password ~ #password-error');
      expect(await error.innerText()).toContain('at least 8 characters');
      expect(await error.isVisible()).toBe(true);
      expect(await page.title()).toMatch(/^Please check: /);
      // The password that was refused is not sent back.
      expect(await password.inputValue()).toBe('');

      await savePassword(page, 'seven-slow-herons');
      expect(await messageIds(page)).toEqual(['1050001']);
      expect(await page.locator('.message.success').isVisible()).toBe(true);
    });
    await asPerson(browser, async (page) => {
      await signIn(page, person.email, 'seven-slow-herons');
      expect(new URL(page.url()).pathname).toBe('/ui/settings');
    });
  });

  it('help who has forgotten the password: address, wrong code, another code, new password', async () => {
    const person = await createPerson(harness, 'the-old-one-she-forgot');
    await asPerson(browser, async (page) => {
      await signIn(page, person.email, 'not-quite-the-old-one');
      expect(await messageIds(page)).toEqual(['4000006']);

      await press(page.getByRole('link', { name: 'Forgotten your password?' }));
      await page.getByLabel('E-mail address').fill(person.email);
      await press(page.getByRole('button', { name: 'Continue' }));
      expect(await messageIds(page)).toEqual(['1060003']);
      const first = await codeMail(person, []);

      await enterCode(page, otherThan(first.code));
      expect(new URL(page.url()).pathname).toBe('/ui/recovery');
      expect(await messageIds(page)).toEqual(['4060006']);

      await press(page.getByRole('button', { name: 'Send another code' }));
      expect(await messageIds(page)).toEqual(['1060003']);
      const second = await codeMail(person, [first.messageId]);
      await enterCode(page, first.code);
      expect(await messageIds(page)).toEqual(['4060006']);

      await enterCode(page, second.code);
      await savePassword(page, 'five-green-umbrellas');
      expect(await messageIds(page)).toEqual(['1050001']);
    });
    await asPerson(browser, async (page) => {
      await signIn(page, person.email, 'the-old-one-she-forgot');
      expect(await messageIds(page)).toEqual(['4000006']);
      await signIn(page, person.email, 'five-green-umbrellas');
      expect(new URL(page.url()).pathname).toBe('/ui/settings');
    });
  });

  it('show a link’s button however often it is opened, and use the link up only with the button', async () => {
    const person = await createPerson(harness);
    const answer = await harness.admin('POST', '/admin/recovery/link', { body: { identity_id: person.id } });
    const link = answer.json.recovery_link as string;
    const flowId = new URL(link).searchParams.get('flow') ?? '';
    const row = async (): Promise<unknown> =>
      (await harness.pool.query('SELECT * FROM recovery_flows WHERE id = $1', [flowId])).rows[0];
    const before = await row();

    // Mail scanners open what they find, as HEAD and as GET, some of them several times.
    for (const method of ['HEAD', 'GET', 'HEAD', 'GET']) {
      const opened = await fetch(link, { method, headers: { accept: 'text/html' }, redirect: 'manual' });
      expect(opened.status).toBe(200);
      expect(opened.headers.getSetCookie().join()).not.toContain(harness.config.session.cookie.name);
    }
    await asPerson(browser, async (page) => {
      await page.goto(link);
      await page.reload();
      expect(await row()).toEqual(before);
      await press(page.getByRole('button', { name: 'Continue to my account' }));
      expect(new URL(page.url()).pathname).toBe('/ui/settings');
      await savePassword(page, 'two-wooden-harps-here');
      expect(await messageIds(page)).toEqual(['1050001']);
    });
    await asPerson(browser, async (page) => {
      await page.goto(link);
      await press(page.getByRole('button', { name: 'Continue to my account' }));
      expect(new URL(page.url()).pathname).toBe('/ui/recovery');
      expect(await messageIds(page)).toEqual(['4060004']);
      // It leads on at once: the page asks for the address.
      await page.getByLabel('E-mail address').fill(person.email);
      await press(page.getByRole('button', { name: 'Continue' }));
      expect(await messageIds(page)).toEqual(['1060003']);
    });
  });

  it('ask for the password again once the privileged time is over, and lead back to the settings', async () => {
    const person = await createPerson(harness, 'a-password-from-before');
    await asPerson(browser, async (page) => {
      await signIn(page, person.email, 'a-password-from-before');
      harness.clock.ahead += 2 * 3_600_000;
      try {
        await page.goto(`${harness.publicUrl}/self-service/settings/browser`);
        await savePassword(page, 'six-rainy-sundays');
        expect(new URL(page.url()).pathname).toBe('/ui/login');
        expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Confirm that it is you');
        // Who it is, is known already.
        expect(await page.getByLabel('E-mail').count()).toBe(0);
        await fillPassword(page, 'a-password-from-before');
        expect(new URL(page.url()).pathname).toBe('/ui/settings');
        await savePassword(page, 'six-rainy-sundays');
        expect(await messageIds(page)).toEqual(['1050001']);
      } finally {
        harness.clock.ahead = 0;
      }
    });
  });

  it('lead who is not signed in from the settings to the login and back', async () => {
    const person = await createPerson(harness, 'some-password-of-hers');
    await asPerson(browser, async (page) => {
      await signIn(page, person.email, 'some-password-of-hers');
      const settings = page.url();
      await page.context().clearCookies();
      await page.goto(settings);
      expect(new URL(page.url()).pathname).toBe('/ui/login');
      await fillLogin(page, person.email, 'some-password-of-hers');
      expect(page.url()).toBe(settings);
    });
  });

  it.each([
    ['/ui/recovery?flow=3fa85f64-5717-4562-b3fc-2c963f66afa6', 404, 'This page does not exist'],
    ['/ui/login?flow=nonsense', 400, 'That did not work'],
    ['/ui/error?id=3fa85f64-5717-4562-b3fc-2c963f66afa6', 200, 'That did not work'],
    [
      '/self-service/recovery/browser?return_to=https://elsewhere.example/',
      200,
      'We cannot send you on to that address',
    ],
  ])('say in plain words what is wrong with %s', async (path, status, title) => {
    await asPerson(browser, async (page) => {
      const answer = await page.goto(`${harness.publicUrl}${path}`);
      expect(answer?.status()).toBe(status);
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(title);
      await press(page.getByRole('link', { name: 'Start again' }));
      expect(await page.getByLabel('E-mail address').isVisible()).toBe(true);
    });
  });

  it('tell of a flow that began in another browser, and of a code that belongs to an app', async () => {
    const started = await asPerson(browser, async (page) => {
      await page.goto(`${harness.publicUrl}/self-service/recovery/browser`);
      return page.url();
    });
    const { link } = await adminCode(harness, await createPerson(harness));
    await asPerson(browser, async (page) => {
      expect((await page.goto(started))?.status()).toBe(403);
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Please open the page again');
      await page.goto(link);
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Enter the code in your app');
      expect(await page.locator('input').count()).toBe(0);
    });
  });
});

async function messageIds(page: Page): Promise<(string | null)[]> {
  const messages = await page.locator('.message').all();
  return Promise.all(messages.map((message) => message.getAttribute('data-message-id')));
}

async function enterCode(page: Page, code: string): Promise<void> {
  noteSecret('code', code);
  await page.locator('input[autocomplete="one-time-code"]').fill(code);
  await press(page.getByRole('button', { name: 'Continue' }));
}

async function savePassword(page: Page, password: string): Promise<void> {
  noteSecret('password', password);
  const form = page.getByRole('form', { name: 'New password' });
  await form.getByLabel('Password', { exact: true }).fill(password);
  await press(form.getByRole('button', { name: 'Save' }));
}

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.goto(`${harness.publicUrl}/self-service/login/browser`);
  await fillLogin(page, email, password);
}

async function fillLogin(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await fillPassword(page, password);
}

async function fillPassword(page: Page, password: string): Promise<void> {
  noteSecret('password', password);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await press(page.getByRole('button', { name: 'Sign in' }));
}

/** The next mail with a code to a person, of those whose `Message-ID` is not among `known`. */
async function codeMail(person: Person, known: readonly string[]): Promise<{ code: string; messageId: string }> {
  const { text, messageId } = await harness.mail.waitFor(
    (mail) => mail.to.includes(person.email) && !known.includes(mail.messageId),
    20_000,
  );
  return { messageId, code: /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0] ?? '' };
}

function otherThan(code: string): string {
  return `${code.slice(0, -1)}${(Number(code.at(-1)) + 1) % 10}`;
}
