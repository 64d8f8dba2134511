import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultyHarness } from '../support/faulty-harness.js';
import { startFaultyHarness } from '../support/faulty-harness.js';
import {
  beginSettings,
  changePassword,
  messageIds,
  nodeOf,
  nextCode,
  PASSWORD,
  SECOND_FACTORS,
  signedIn,
  submitSettings,
} from '../support/account-story.js';
import { signIn } from '../support/story.js';

let harness: FaultyHarness;
beforeAll(async () => {
  harness = await startFaultyHarness({ config: { ...SECOND_FACTORS, temporal: { call_timeout: '1s' } } });
});
afterAll(() => harness.stop());
afterEach(() => harness.temporal.resume());

describe('while Temporal is away', () => {
  it('no credential is changed that its owner might not hear of; repeated, the change is made and told', async () => {
    const { person, token, flowId } = await signedIn(harness);
    const flow = await beginSettings(harness, token);
    const offered = nodeOf(flow, 'totp_secret_key').attributes.text.text as string;

    await harness.temporal.refuse();
    const password = await changePassword(harness, token, flowId, 'brand-new-battery-9');
    const totp = { method: 'totp', totp_code: nextCode(harness, offered) };
    const app = await submitSettings(harness, token, flow.json.id as string, totp);
    for (const answer of [password, app]) {
      expect(answer.status, answer.text).toBe(503);
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    }
    // The rest goes on: signing in needs no Temporal.
    expect((await signIn(harness, person.email, PASSWORD)).status).toBe(200);
    expect((await signIn(harness, person.email, 'brand-new-battery-9')).status).toBe(400);
    const identity = await harness.admin('GET', `/admin/identities/${person.id}`);
    expect(Object.keys(identity.json.credentials)).toEqual(['password']);

    await harness.temporal.resume();
    await expect
      .poll(async () => (await changePassword(harness, token, flowId, 'brand-new-battery-9')).status, {
        timeout: 20_000,
      })
      .toBe(200);
    expect(messageIds(await submitSettings(harness, token, flow.json.id as string, totp))).toEqual([1050001]);
    for (const subject of ['Your password was changed', 'An authenticator app was set up']) {
      await harness.mail.waitFor((mail) => mail.to.includes(person.email) && mail.subject === subject, 20_000);
    }
  });
});

describe('while the mail server is away', () => {
  it('the change is made at once, and told later, once', async () => {
    const { person, token, flowId } = await signedIn(harness);
    await harness.smtp.refuse();
    expect((await changePassword(harness, token, flowId, 'brand-new-battery-9')).status).toBe(200);
    const tried = async () =>
      (await harness.pool.query('SELECT send_count FROM courier_messages WHERE identity_id = $1', [person.id])).rows[0]
        ?.send_count as number | undefined;
    await expect.poll(tried, { timeout: 20_000 }).toBeGreaterThan(1);
    await harness.smtp.resume();
    await harness.mail.waitFor(({ to }) => to.includes(person.email), 30_000);
    expect(harness.mail.messages().filter(({ to }) => to.includes(person.email))).toHaveLength(1);
  });
});
