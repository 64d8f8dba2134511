import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { createPerson } from '../../support/story.js';
import {
  addressOf,
  askToVerify,
  beginVerification,
  giveVerificationAddress,
  mailedVerificationLink,
  plainBrowser,
} from '../../support/verification-story.js';

let harness: Harness;
afterAll(() => harness.stop());

async function pathOfLink(email: string): Promise<string> {
  const link = await mailedVerificationLink(harness, email);
  return `${link.pathname}${link.search}`;
}

describe('a verification by link', () => {
  beforeAll(async () => {
    harness = await startHarness({
      config: {
        selfservice: {
          flows: { verification: { use: 'link', notify_unknown_recipients: true }, recovery: { use: 'link' } },
        },
      },
    });
  });

  it('asks for a click, and the click verifies, in any browser', async () => {
    const person = await createPerson(harness);
    const flowId = await beginVerification(harness);
    const sent = await giveVerificationAddress(harness, flowId, person.email, 'link');
    expect(sent.json.ui.messages[0].id).toBe(1080001);
    const path = await pathOfLink(person.email);
    for (let round = 0; round < 3; round += 1) {
      expect((await plainBrowser(harness).head(path)).status).toBe(200);
      expect((await plainBrowser(harness).get(path)).status).toBe(200);
    }
    expect((await addressOf(harness, person.id)).verified).toBe(false);
    const browser = plainBrowser(harness);
    const page = await browser.get(path);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    const form = { token: browser.field(page, 'token'), csrf_token: browser.field(page, 'csrf_token') };
    const clicked = await browser.post(`/self-service/verification/confirm?flow=${flowId}`, form);
    expect(browser.next(clicked)).toContain('/ui/verification?flow=');
    expect((await addressOf(harness, person.id)).verified).toBe(true);
    expect((await harness.api('GET', `/self-service/verification/flows?id=${flowId}`)).json.state).toBe(
      'passed_challenge',
    );
  });

  it('goes on to a new flow with a link that is wrong or was replaced', async () => {
    const person = await createPerson(harness);
    const flowId = await askToVerify(harness, person.email, 'link');
    const older = await pathOfLink(person.email);
    await giveVerificationAddress(harness, flowId, person.email, 'link');
    await expect.poll(async () => await pathOfLink(person.email), { timeout: 15_000 }).not.toBe(older);
    const browser = plainBrowser(harness);
    const page = await browser.get(older);
    const form = { token: browser.field(page, 'token'), csrf_token: browser.field(page, 'csrf_token') };
    const clicked = await browser.post(`/self-service/verification/confirm?flow=${flowId}`, form);
    // The new flow is an app's, as the old one.
    const next = new URL(browser.next(clicked), harness.publicUrl).searchParams.get('flow') ?? '';
    expect(next).not.toBe(flowId);
    const shown = await harness.api('GET', `/self-service/verification/flows?id=${next}`);
    expect(shown.json.ui.messages[0].id).toBe(4070001);
    expect((await addressOf(harness, person.id)).verified).toBe(false);
  });

  it('is not needed after a recovery by link, which proves the same', async () => {
    const person = await createPerson(harness);
    const begun = await harness.api('GET', '/self-service/recovery/api');
    const flowId = begun.json.id as string;
    await harness.api('POST', `/self-service/recovery?flow=${flowId}`, {
      body: { method: 'link', email: person.email },
    });
    const mail = await harness.mail.waitFor(({ to }) => to.includes(person.email), 15_000);
    const link = new URL(/https?:\S+\/self-service\/recovery\?\S+/.exec(mail.text)?.[0] ?? '');
    const browser = plainBrowser(harness);
    const page = await browser.get(`${link.pathname}${link.search}`);
    expect((await addressOf(harness, person.id)).verified).toBe(false);
    const form = { token: browser.field(page, 'token'), csrf_token: browser.field(page, 'csrf_token') };
    expect((await browser.post(`/self-service/recovery/confirm?flow=${flowId}`, form)).status).toBe(303);
    expect(await addressOf(harness, person.id)).toMatchObject({ verified: true, status: 'completed' });
  });

  it('tells unknown addresses so, where that is configured', async () => {
    const stranger = 'nobody-knows-me@example.test';
    await askToVerify(harness, stranger, 'link');
    const mail = await harness.mail.waitFor(({ to }) => to.includes(stranger), 15_000);
    expect(mail.text).toContain('we know of no account');
    expect(mail.text).not.toContain('token=');
  });
});

describe('a verification by link, the Kratos way', () => {
  beforeAll(async () => {
    await harness.stop();
    harness = await startHarness({
      config: {
        selfservice: {
          methods: { link: { config: { consume_on_get: true } } },
          flows: { verification: { use: 'link' } },
        },
      },
    });
  });

  it('verifies as soon as the link is opened, but not by HEAD', async () => {
    const person = await createPerson(harness);
    await askToVerify(harness, person.email, 'link');
    const path = await pathOfLink(person.email);
    await plainBrowser(harness).head(path);
    expect((await addressOf(harness, person.id)).verified).toBe(false);
    const browser = plainBrowser(harness);
    expect(browser.next(await browser.get(path))).toContain('/ui/verification?flow=');
    expect((await addressOf(harness, person.id)).verified).toBe(true);
  });
});
