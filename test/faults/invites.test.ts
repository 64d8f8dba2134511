import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultyHarness } from '../support/faulty-harness.js';
import { startFaultyHarness } from '../support/faulty-harness.js';
import type { Answer } from '../support/http.js';
import {
  invite,
  inviteOf,
  mailsTo,
  newAddress,
  nthMail,
  outcomeOfInvite,
  partsOf,
  postInvite,
  stepsOf,
} from '../support/invites.js';
import { opened, setPassword, submitCode } from '../support/story.js';

const PASSWORD = 'brand-new-battery-9';

let harness: FaultyHarness;
beforeAll(async () => {
  harness = await startFaultyHarness({
    config: { temporal: { call_timeout: '2s' }, invites: { self_renewal: true, lifespan: '48h' } },
  });
});
afterAll(() => harness.stop());
afterEach(async () => {
  await harness.temporal.resume();
  await harness.postgres.resume();
});

const resend = (id: string, headers?: Record<string, string>) =>
  harness.admin('POST', `/admin/invites/${id}/resend`, { headers });
const revoke = (id: string) => harness.admin('POST', `/admin/invites/${id}/revoke`);

async function acceptBy(flowId: string, code: string): Promise<void> {
  const session = opened(await repeated(() => submitCode(harness, flowId, code)));
  expect((await setPassword(harness, session, PASSWORD)).status).toBe(200);
}

/** The same request again and again, as a client does that heeds 503. */
async function repeated(request: () => Promise<Answer>): Promise<Answer> {
  let answer: Answer | undefined;
  await expect.poll(async () => (answer = await request()).status, { timeout: 20_000 }).not.toBe(503);
  if (!answer) throw new Error('no answer');
  return answer;
}

/** Until a time of this service's clock. */
async function until(iso: string): Promise<void> {
  await setTimeout(Math.max(Date.parse(iso) - Date.now(), 0) + 50);
}

describe('without a worker', () => {
  it('invites are made, resent, declined and revoked; mail and ends follow when there is one', async () => {
    await harness.stopWorkers();
    const made = await invite(harness);
    const handed = await invite(harness, { delivery: 'none' });
    const revoked = await invite(harness);
    const declined = await invite(harness);
    expect((await resend(made.id)).status).toBe(200);
    expect((await revoke(revoked.id)).status).toBe(200);
    expect((await harness.api('POST', `/self-service/invites/decline?flow=${declined.flowId}`)).status).toBe(200);
    expect((await submitCode(harness, handed.flowId, handed.json.recovery_code as string)).status).toBe(503);

    await harness.startWorkers();
    const { flowId, code } = partsOf(await nthMail(harness, made.email, 1));
    expect(flowId).not.toBe(made.flowId);
    await acceptBy(flowId, code);
    await acceptBy(handed.flowId, handed.json.recovery_code as string);
    expect(await outcomeOfInvite(harness, made.id)).toBe('accepted');
    expect(await outcomeOfInvite(harness, handed.id)).toBe('accepted');
    expect(await outcomeOfInvite(harness, revoked.id)).toBe('revoked');
    expect(await outcomeOfInvite(harness, declined.id)).toBe('declined');
    expect(mailsTo(harness, revoked.email)).toEqual([]);
    expect(mailsTo(harness, declined.email)).toEqual([]);
  });

  it('a deadline holds, and several missed reminders become one', async () => {
    const short = await invite(harness, { expires_in: '2s', reminders: [], delivery: 'none' });
    const reminded = await invite(harness, { expires_in: '1h', reminders: ['59m58s', '59m57s'] });
    await nthMail(harness, reminded.email, 1);
    await harness.stopWorkers();
    await until(short.json.expires_at as string);
    expect((await inviteOf(harness, short.id)).status).toBe('expired');
    expect((await submitCode(harness, short.flowId, short.json.recovery_code as string)).status).toBe(410);
    expect((await revoke(short.id)).json.error.details.status).toBe('expired');
    await until(new Date(Date.parse(reminded.json.created_at as string) + 3_000).toISOString());
    await harness.startWorkers();
    expect(await outcomeOfInvite(harness, short.id)).toBe('expired');
    expect((await nthMail(harness, reminded.email, 2)).subject).toContain('ends in');
    await expect.poll(() => stepsOf(harness, reminded.id)).toEqual(['pending', 'sent']);
    expect(mailsTo(harness, reminded.email)).toHaveLength(2);
  });

  it('an expired invite is renewed before a worker has noticed that it is', async () => {
    const { id, email, json } = await invite(harness, { expires_in: '1500ms', reminders: [] });
    await nthMail(harness, email, 1);
    await harness.stopWorkers();
    await until(json.expires_at as string);
    expect((await inviteOf(harness, id)).status).toBe('expired');
    expect((await harness.admin('POST', `/admin/invites/${id}/resend`, { body: { expires_in: '24h' } })).status).toBe(
      200,
    );
    await harness.startWorkers();
    const second = partsOf(await nthMail(harness, email, 2));
    await acceptBy(second.flowId, second.code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
  });

  it('stopped at any moment, it goes on where it was', async () => {
    const { id, email } = await invite(harness);
    const bounce = async (): Promise<void> => {
      await harness.stopWorkers();
      await harness.startWorkers();
    };
    await bounce();
    const { flowId, code } = partsOf(await nthMail(harness, email, 1));
    await bounce();
    const session = opened(await repeated(() => submitCode(harness, flowId, code)));
    await bounce();
    expect((await setPassword(harness, session, PASSWORD)).status).toBe(200);
    await bounce();
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
    expect(mailsTo(harness, email)).toHaveLength(2);
  });
});

describe('while Temporal is away', () => {
  it('making an invite is 503 and leaves nothing behind, so that it can be made again', async () => {
    const email = newAddress();
    await harness.temporal.refuse();
    expect((await postInvite(harness, { traits: { email } })).status).toBe(503);
    expect((await harness.admin('GET', `/admin/invites?address=${email}`)).json).toEqual([]);
    expect((await harness.admin('GET', `/admin/identities?credentials_identifier=${email}`)).json).toEqual([]);
    await harness.temporal.resume();
    const made = await repeated(() => postInvite(harness, { traits: { email } }));
    expect(made.status).toBe(201);
    await nthMail(harness, email, 1);
  });

  it('with an Idempotency-Key the repeated request goes on with the same invite', async () => {
    const email = newAddress();
    const ask = () => postInvite(harness, { traits: { email } }, { 'idempotency-key': `key-${email}` });
    await harness.temporal.refuse();
    expect((await ask()).status).toBe(503);
    await harness.temporal.resume();
    const made = await repeated(ask);
    expect(made.status).toBe(201);
    expect((await harness.admin('GET', `/admin/invites?address=${email}`)).json).toHaveLength(1);
    const { flowId, code } = partsOf(await nthMail(harness, email, 1));
    await acceptBy(flowId, code);
    expect(await outcomeOfInvite(harness, made.json.id as string)).toBe('accepted');
  });

  it('an invite whose start was lost with the process is started by whatever comes next', async () => {
    // What a process leaves that dies between the transaction and the start.
    const { id, flowId, json } = await invite(harness, { delivery: 'none' });
    await harness.workflows.handle(id, 'invite').terminate();
    await acceptBy(flowId, json.recovery_code as string);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
    const other = await invite(harness);
    await nthMail(harness, other.email, 1);
    await harness.workflows.handle(other.id, 'invite').terminate();
    expect((await resend(other.id)).status).toBe(200);
    await nthMail(harness, other.email, 2);
  });

  it('revoking is 503, ends the code all the same, and can be repeated', async () => {
    const { id, flowId, json } = await invite(harness, { delivery: 'none' });
    await harness.temporal.refuse();
    expect((await revoke(id)).status).toBe(503);
    expect((await inviteOf(harness, id)).status).toBe('revoked');
    await harness.temporal.resume();
    expect((await repeated(() => submitCode(harness, flowId, json.recovery_code as string))).status).toBe(400);
    expect((await repeated(() => revoke(id))).status).toBe(200);
    expect(await outcomeOfInvite(harness, id)).toBe('revoked');
  });

  it('resending and declining are 503 and work when repeated; a code is entered once Temporal is back', async () => {
    const { id, email } = await invite(harness);
    await nthMail(harness, email, 1);
    const other = await invite(harness);
    const key = { 'idempotency-key': randomUUID() };
    const decline = () => harness.api('POST', `/self-service/invites/decline?flow=${other.flowId}`);
    await harness.temporal.refuse();
    expect((await resend(id, key)).status).toBe(503);
    expect((await decline()).status).toBe(503);
    await harness.temporal.resume();
    expect((await repeated(() => resend(id, key))).status).toBe(200);
    expect((await repeated(decline)).json.situation).toBe('declined');
    const { flowId, code } = partsOf(await nthMail(harness, email, 2));
    await acceptBy(flowId, code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
    expect(mailsTo(harness, email)).toHaveLength(3);
  });
});

describe('while Postgres is away', () => {
  it('everything about invites is 503 and can be repeated', async () => {
    const { id, flowId, email } = await invite(harness);
    await harness.postgres.refuse();
    const answers = await Promise.all([
      postInvite(harness, { traits: { email: newAddress() } }),
      harness.admin('GET', '/admin/invites'),
      harness.admin('GET', `/admin/invites/${id}`),
      resend(id),
      revoke(id),
      harness.api('GET', `/self-service/invites?flow=${flowId}`),
      harness.api('POST', `/self-service/invites/decline?flow=${flowId}`),
    ]);
    for (const { status, headers, text } of answers) {
      expect.soft(status, text).toBe(503);
      expect.soft(headers.get('retry-after')).not.toBeNull();
    }
    await harness.postgres.resume();
    await repeated(() => harness.admin('GET', `/admin/invites/${id}`));
    const { code } = partsOf(await nthMail(harness, email, 1));
    await acceptBy(flowId, code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
  });
});
