import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { invite, inviteOf, mailsTo, nthMail, outcomeOfInvite, partsOf, stepsOf } from '../support/invites.js';
import { flowRow, opened, setPassword, submitCode } from '../support/story.js';
import type { SkippingHarness } from '../support/time-skipping.js';
import { startSkippingHarness } from '../support/time-skipping.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const DAY = 24 * HOUR;
const PASSWORD = 'brand-new-battery-9';

let harness: SkippingHarness;
beforeAll(async () => {
  harness = await startSkippingHarness({
    config: {
      invites: { self_renewal: true },
      selfservice: { flows: { settings: { privileged_session_max_age: '15m' } } },
    },
  });
});
afterAll(() => harness.stop());

/** A week-long invite whose first mail has arrived. */
async function mailedInvite(body: Record<string, unknown> = {}) {
  const made = await invite(harness, body);
  const { flowId, code } = partsOf(await nthMail(harness, made.email, 1));
  await expect.poll(() => stepsOf(harness, made.id)).toEqual(['pending', 'sent']);
  return { ...made, flowId, code };
}

const renew = (flowId: string) => harness.api('POST', `/self-service/invites/renew?flow=${flowId}`);
const resend = (id: string, body?: unknown) => harness.admin('POST', `/admin/invites/${id}/resend`, { body });

async function acceptBy(flowId: string, code: string): Promise<void> {
  const session = opened(await submitCode(harness, flowId, code));
  expect((await setPassword(harness, session, PASSWORD)).status).toBe(200);
}

async function useUp(flowId: string, code: string): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await submitCode(harness, flowId, code === '000000' ? '000001' : '000000');
  }
  expect((await flowRow(harness, flowId)).outcome).toBe('exhausted');
}

describe('the clock of an invite', () => {
  it('expires it when nobody comes in time, and its code with it', async () => {
    const { id, flowId, code } = await mailedInvite({ reminders: [] });
    await harness.pass(7 * DAY + MINUTE);
    expect(await outcomeOfInvite(harness, id)).toBe('expired');
    expect(await stepsOf(harness, id)).toEqual(['pending', 'sent', 'expired']);
    expect((await flowRow(harness, flowId)).outcome).toBe('expired');
    expect((await submitCode(harness, flowId, code)).status).toBe(410);
  });

  it('reminds three days and one day before the end, with the code that was mailed first', async () => {
    const { id, email, flowId, code } = await mailedInvite();
    await harness.pass(4 * DAY - HOUR);
    expect(mailsTo(harness, email)).toHaveLength(1);
    await harness.pass(2 * HOUR);
    const first = await nthMail(harness, email, 2);
    expect(first.subject).toBe('Your invitation to Latchkey ends in 3 days');
    expect(partsOf(first)).toMatchObject({ flowId, code });
    await harness.pass(2 * DAY);
    const second = await nthMail(harness, email, 3);
    expect(partsOf(second)).toMatchObject({ flowId, code });
    await acceptBy(flowId, code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
    expect(mailsTo(harness, email)).toHaveLength(4);
  });

  it('runs for months, and leaves out reminders that would come at once', async () => {
    const { id, email, flowId, code } = await mailedInvite({ expires_in: '2160h', reminders: ['3000h', '720h'] });
    await harness.pass(59 * DAY);
    expect(mailsTo(harness, email)).toHaveLength(1);
    await harness.pass(2 * DAY);
    await nthMail(harness, email, 2);
    await harness.pass(28 * DAY);
    await acceptBy(flowId, code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
  });

  it('reminds nobody whose caller brings the code', async () => {
    const { id, email } = await invite(harness, { delivery: 'none' });
    await harness.pass(7 * DAY + MINUTE);
    expect(await outcomeOfInvite(harness, id)).toBe('expired');
    expect(mailsTo(harness, email)).toEqual([]);
  });

  it('leaves the privileged time to somebody who enters the code in the last minute', async () => {
    const { id, flowId, code } = await mailedInvite({ expires_in: '24h', reminders: [] });
    await harness.pass(24 * HOUR - MINUTE);
    const session = opened(await submitCode(harness, flowId, code));
    await harness.pass(10 * MINUTE);
    expect((await inviteOf(harness, id)).status).toBe('opened');
    expect((await setPassword(harness, session, PASSWORD)).status).toBe(200);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
  });

  it('expires it when they then set no password', async () => {
    const { id, email, flowId, code } = await mailedInvite({ expires_in: '24h', reminders: [] });
    await harness.pass(24 * HOUR - MINUTE);
    const session = opened(await submitCode(harness, flowId, code));
    await harness.pass(20 * MINUTE);
    expect(await outcomeOfInvite(harness, id)).toBe('expired');
    expect((await setPassword(harness, session, PASSWORD)).status).toBe(403);
    // Somebody was in the account: its owner is told.
    await harness.mail.waitFor((mail) => mail.to.includes(email) && mail.text.includes('was not changed'), 15_000);
  });

  it('learns at the end of the privileged time that it was accepted, when the signal was lost', async () => {
    const { id, email, flowId, code } = await mailedInvite();
    opened(await submitCode(harness, flowId, code));
    // What the API's transaction does, without the signal that follows it.
    await harness.pool.query(`UPDATE recovery_flows SET outcome = 'recovered', closed_at = now() WHERE id = $1`, [
      flowId,
    ]);
    await harness.pool.query(`UPDATE invites SET status = 'accepted' WHERE id = $1`, [id]);
    await harness.pass(16 * MINUTE);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
    expect((await nthMail(harness, email, 2)).subject).toMatch(/^Welcome/);
  });

  it('ends with the person', async () => {
    const { id, identityId } = await mailedInvite();
    expect((await harness.admin('DELETE', `/admin/identities/${identityId}`)).status).toBe(204);
    await harness.pass(7 * DAY);
    expect(await outcomeOfInvite(harness, id)).toBe('revoked');
  });
});

describe('a code that was used up', () => {
  it('without a new password leaves the invite open, and the next reminder brings a new code', async () => {
    const { id, email, flowId, code } = await mailedInvite();
    opened(await submitCode(harness, flowId, code));
    await harness.pass(16 * MINUTE);
    expect((await flowRow(harness, flowId)).outcome).toBe('lapsed');
    expect((await inviteOf(harness, id)).status).toBe('opened');
    await harness.pass(4 * DAY);
    const reminder = await harness.mail.waitFor(
      (mail) => mail.to.includes(email) && mail.subject.includes('ends in'),
      15_000,
    );
    const second = partsOf(reminder);
    expect(second.flowId).not.toBe(flowId);
    await acceptBy(second.flowId, second.code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
  });

  it('by wrong tries does the same', async () => {
    const { id, email, flowId, code } = await mailedInvite();
    await useUp(flowId, code);
    await harness.pass(4 * DAY + HOUR);
    const second = partsOf(await nthMail(harness, email, 2));
    expect(second.flowId).not.toBe(flowId);
    await acceptBy(second.flowId, second.code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
  });

  it('is replaced at once when the invitee asks for that', async () => {
    const { id, email, flowId, code } = await mailedInvite();
    expect((await renew(flowId)).status).toBe(409);
    await useUp(flowId, code);
    const renewed = await renew(flowId);
    expect(renewed.status).toBe(200);
    expect(renewed.json.situation).toBe('replaced');
    const second = partsOf(await nthMail(harness, email, 2));
    await acceptBy(second.flowId, second.code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
  });
});

describe('a renewed invite', () => {
  it('has a new deadline with reminders of its own', async () => {
    const { id, email } = await mailedInvite();
    await harness.pass(3 * DAY);
    expect((await resend(id)).status).toBe(200);
    const { flowId, code } = partsOf(await nthMail(harness, email, 2));
    await harness.pass(4 * DAY - HOUR);
    expect(mailsTo(harness, email)).toHaveLength(2);
    await harness.pass(2 * HOUR);
    expect((await nthMail(harness, email, 3)).subject).toContain('ends in 3 days');
    expect((await inviteOf(harness, id)).status).toBe('sent');
    await acceptBy(flowId, code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
  });

  it('works after it had expired: asked for by the invitee', async () => {
    const { id, email, flowId } = await mailedInvite({ reminders: [] });
    await harness.pass(7 * DAY + MINUTE);
    expect(await outcomeOfInvite(harness, id)).toBe('expired');
    const renewed = await renew(flowId);
    expect(renewed.status).toBe(200);
    // The same click again changes nothing.
    expect((await renew(flowId)).status).toBe(200);
    const second = partsOf(await nthMail(harness, email, 2));
    expect(await stepsOf(harness, id)).toEqual(expect.arrayContaining(['expired', 'pending']));
    await acceptBy(second.flowId, second.code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
    expect(mailsTo(harness, email)).toHaveLength(3);
  });

  it('works after it had expired: asked for by an administrator', async () => {
    const { id, email } = await mailedInvite({ reminders: [] });
    await harness.pass(7 * DAY + MINUTE);
    expect(await outcomeOfInvite(harness, id)).toBe('expired');
    expect((await resend(id)).json.status).toBe('pending');
    const second = partsOf(await nthMail(harness, email, 2));
    await harness.pass(6 * DAY);
    await acceptBy(second.flowId, second.code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
  });

  it('is not there beside a newer one of the same person', async () => {
    const { id, identityId, flowId } = await mailedInvite({ reminders: [] });
    await harness.pass(7 * DAY + MINUTE);
    expect((await harness.admin('POST', '/admin/invites', { body: { identity_id: identityId } })).status).toBe(201);
    expect((await resend(id)).status).toBe(409);
    expect((await renew(flowId)).status).toBe(409);
  });
});

describe('while the mail server is away', () => {
  it('the mail is tried again, and goes out when it is back', async () => {
    harness.mail.setBehaviour(() => ({ code: 451, text: 'later' }));
    const { id, email } = await invite(harness, { reminders: [] });
    await harness.pass(5 * HOUR);
    expect(await stepsOf(harness, id)).toEqual(['pending']);
    harness.mail.setBehaviour(null);
    await harness.pass(11 * MINUTE);
    const { flowId, code } = partsOf(await nthMail(harness, email, 1));
    await acceptBy(flowId, code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
  });

  it('nothing is mailed after the end', async () => {
    harness.mail.setBehaviour(() => ({ code: 451, text: 'later' }));
    const { id, email, flowId } = await invite(harness, { expires_in: '3h', reminders: ['1h'] });
    await harness.pass(3 * HOUR + MINUTE);
    harness.mail.setBehaviour(null);
    expect(await outcomeOfInvite(harness, id)).toBe('expired');
    await harness.pass(HOUR);
    expect(mailsTo(harness, email)).toEqual([]);
    const { rows } = await harness.pool.query('SELECT status FROM courier_messages WHERE flow_id = $1', [flowId]);
    expect(new Set(rows.map(({ status }) => status as string))).toEqual(new Set(['abandoned']));
  });
});
