import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SkippingHarness } from '../support/time-skipping.js';
import { startSkippingHarness } from '../support/time-skipping.js';
import {
  adminCode,
  askForCode,
  createPerson,
  flowRow,
  mailedCode,
  opened,
  setPassword,
  submitCode,
  whoamiStatus,
} from '../support/story.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;

let harness: SkippingHarness;
beforeAll(async () => {
  harness = await startSkippingHarness({
    config: { selfservice: { flows: { settings: { privileged_session_max_age: '15m' } } } },
  });
});
afterAll(() => harness.stop());

const handle = (flowId: string) => harness.workflows.handle(flowId);

describe('a recovery', () => {
  it('expires when nobody enters the code in time', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person, { expires_in: '12h' });
    await harness.pass(12 * HOUR + MINUTE);
    expect(await harness.outcomeOf(flowId)).toBe('expired');
    expect((await flowRow(harness, flowId)).outcome).toBe('expired');
    expect((await submitCode(harness, flowId, code)).status).toBe(410);
  });

  it('takes the code just before it expires', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person, { expires_in: '12h' });
    await harness.pass(12 * HOUR - MINUTE);
    opened(await submitCode(harness, flowId, code));
  });

  it('lapses when no credential is set in the privileged time, and then refuses a new password', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person, { expires_in: '12h' });
    const session = opened(await submitCode(harness, flowId, code));
    await harness.pass(15 * MINUTE + 1_000);
    expect(await harness.outcomeOf(flowId)).toBe('lapsed');
    expect((await flowRow(harness, flowId)).outcome).toBe('lapsed');
    const refused = await setPassword(harness, session, 'brand-new-battery-9');
    expect(refused.status).toBe(403);
    expect(refused.json.error.id).toBe('session_refresh_required');
    // Somebody was in the account: its owner is told.
    await harness.mail.waitFor(
      (mail) => mail.to.includes(person.email) && mail.text.includes('was not changed'),
      15_000,
    );
    // A new code helps.
    const again = await adminCode(harness, person);
    const second = opened(await submitCode(harness, again.flowId, again.code));
    expect((await setPassword(harness, second, 'brand-new-battery-9')).status).toBe(200);
    expect(await harness.outcomeOf(again.flowId)).toBe('recovered');
  });

  it('is recovered when a password is set just before the privileged time ends', async () => {
    const person = await createPerson(harness);
    const flowId = await askForCode(harness, person.email);
    const session = opened(await submitCode(harness, flowId, await mailedCode(harness, person.email)));
    await harness.pass(14 * MINUTE);
    expect((await setPassword(harness, session, 'brand-new-battery-9')).status).toBe(200);
    expect(await harness.outcomeOf(flowId)).toBe('recovered');
  });

  it('is recovered in the end although the signal of the new password was lost', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    opened(await submitCode(harness, flowId, code));
    // What the API's transaction does, without the signal that follows it.
    await harness.pool.query(`UPDATE recovery_flows SET outcome = 'recovered', closed_at = now() WHERE id = $1`, [
      flowId,
    ]);
    await harness.pass(15 * MINUTE + 1_000);
    expect(await harness.outcomeOf(flowId)).toBe('recovered');
    await harness.mail.waitFor((mail) => mail.to.includes(person.email) && mail.text.includes('new password'), 15_000);
  });

  it('keeps waiting when it is told of a credential that is not there', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    opened(await submitCode(harness, flowId, code));
    await handle(flowId).signal('credential-set');
    await harness.pass(MINUTE);
    expect((await flowRow(harness, flowId)).outcome).toBeNull();
    await harness.pass(15 * MINUTE);
    expect(await harness.outcomeOf(flowId)).toBe('lapsed');
  });

  it('is exhausted by the fifth wrong code, and completes', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    const wrong = code === '000000' ? '000001' : '000000';
    for (let attempt = 0; attempt < 5; attempt += 1) await submitCode(harness, flowId, wrong);
    expect(await harness.outcomeOf(flowId)).toBe('exhausted');
  });

  it('is cancelled by a signal without arguments, as the Temporal UI sends it', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    await handle(flowId).signal('cancel');
    expect(await harness.outcomeOf(flowId)).toBe('cancelled');
    expect((await submitCode(harness, flowId, code)).status).toBe(400);
  });

  it('is cancelled, with its session, after the right code', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    const session = opened(await submitCode(harness, flowId, code));
    expect(await whoamiStatus(harness, session.token)).toBe(200);
    await handle(flowId).signal('cancel');
    expect(await harness.outcomeOf(flowId)).toBe('cancelled');
    expect(await whoamiStatus(harness, session.token)).toBe(401);
    expect((await setPassword(harness, session, 'brand-new-battery-9')).status).toBe(401);
  });

  it('is cancelled by a cancellation of the workflow itself', async () => {
    const person = await createPerson(harness);
    const { flowId } = await adminCode(harness, person);
    await handle(flowId).cancel();
    expect(await harness.outcomeOf(flowId)).toBe('cancelled');
  });

  it('ends with the other open recoveries of a person who is back', async () => {
    const person = await createPerson(harness);
    const older = await adminCode(harness, person, { expires_in: '12h' });
    const newer = await adminCode(harness, person, { expires_in: '12h' });
    opened(await submitCode(harness, newer.flowId, newer.code));
    expect(await harness.outcomeOf(older.flowId)).toBe('cancelled');
  });

  it('mails a new code when an operator signals resend, even for an administrator’s recovery', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    await handle(flowId).signal('resend');
    const mailed = await mailedCode(harness, person.email);
    expect((await submitCode(harness, flowId, code)).json.ui.messages[0].id).toBe(4060006);
    opened(await submitCode(harness, flowId, mailed));
  });

  it('issues at most ten codes', async () => {
    const person = await createPerson(harness);
    const flowId = await askForCode(harness, person.email);
    for (let issue = 2; issue <= 14; issue += 1) await handle(flowId).signal('resend');
    await expect.poll(async () => (await flowRow(harness, flowId)).issue, { timeout: 15_000 }).toBe(10);
    await mailedCode(harness, person.email);
    expect((await flowRow(harness, flowId)).issue).toBe(10);
  });

  it('takes a submission by signal, for scripts', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    await handle(flowId).signal('submit', {
      id: 'script-1',
      digest: harness.context.keys.submissionDigest(flowId, code),
    });
    await expect.poll(async () => (await flowRow(harness, flowId)).state, { timeout: 15_000 }).toBe('passed_challenge');
    // The client that knows the code still claims the session.
    opened(await submitCode(harness, flowId, code));
  });

  it('survives a malformed signal', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    await handle(flowId).signal('submit', { nonsense: true });
    await handle(flowId).signal('submit');
    opened(await submitCode(harness, flowId, code));
  });

  it('mails a code late when the mail server was away for hours', async () => {
    const person = await createPerson(harness);
    harness.mail.setBehaviour(() => ({ code: 451, text: 'later' }));
    const { flowId } = await adminCode(harness, person, { expires_in: '12h' });
    await handle(flowId).signal('resend');
    await harness.pass(2 * HOUR);
    harness.mail.setBehaviour(null);
    await harness.pass(2 * MINUTE);
    opened(await submitCode(harness, flowId, await mailedCode(harness, person.email)));
  });

  it('mails no code after its life', async () => {
    const person = await createPerson(harness);
    harness.mail.setBehaviour(() => ({ code: 451, text: 'later' }));
    const { flowId } = await adminCode(harness, person, { expires_in: '1h' });
    await handle(flowId).signal('resend');
    await harness.pass(2 * HOUR);
    harness.mail.setBehaviour(null);
    expect(await harness.outcomeOf(flowId)).toBe('expired');
    expect(harness.mail.messages().filter((mail) => mail.to.includes(person.email))).toEqual([]);
    const { rows } = await harness.pool.query('SELECT status FROM courier_messages WHERE flow_id = $1', [flowId]);
    expect(rows).toEqual([{ status: 'abandoned' }]);
  });
});
