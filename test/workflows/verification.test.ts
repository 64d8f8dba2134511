import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SkippingHarness } from '../support/time-skipping.js';
import { startSkippingHarness } from '../support/time-skipping.js';
import { createPerson, mailedCode } from '../support/story.js';
import { addressOf, askToVerify, submitVerificationCode, verificationRow } from '../support/verification-story.js';

const MINUTE = 60_000;

let harness: SkippingHarness;
beforeAll(async () => void (harness = await startSkippingHarness()));
afterAll(() => harness.stop());

const handle = (flowId: string) => harness.workflows.handle(flowId, 'verification');

describe('a verification', () => {
  it('completes as verified with the right code, in few events', async () => {
    const person = await createPerson(harness);
    const flowId = await askToVerify(harness, person.email);
    const code = await mailedCode(harness, person.email);
    expect((await submitVerificationCode(harness, flowId, code)).status).toBe(200);
    expect(await handle(flowId).result()).toBe('verified');
    const { historyLength } = await handle(flowId).describe();
    expect(historyLength).toBeLessThanOrEqual(22);
  });

  it('expires when nobody enters the code in time', async () => {
    const person = await createPerson(harness);
    const flowId = await askToVerify(harness, person.email);
    const code = await mailedCode(harness, person.email);
    await harness.pass(61 * MINUTE);
    expect(await handle(flowId).result()).toBe('expired');
    expect((await verificationRow(harness, flowId)).outcome).toBe('expired');
    expect((await submitVerificationCode(harness, flowId, code)).status).toBe(410);
    expect((await addressOf(harness, person.id)).verified).toBe(false);
  });

  it('is exhausted by the fifth wrong code', async () => {
    const person = await createPerson(harness);
    const flowId = await askToVerify(harness, person.email);
    const wrong = (await mailedCode(harness, person.email)) === '000000' ? '000001' : '000000';
    for (let attempt = 0; attempt < 5; attempt += 1) await submitVerificationCode(harness, flowId, wrong);
    expect(await handle(flowId).result()).toBe('exhausted');
  });

  it('is cancelled by a signal, and calls off its mail', async () => {
    const person = await createPerson(harness);
    harness.mail.setBehaviour(() => ({ code: 451, text: 'later' }));
    const flowId = await askToVerify(harness, person.email);
    await expect
      .poll(
        async () => (await harness.pool.query('SELECT FROM courier_messages WHERE flow_id = $1', [flowId])).rowCount,
      )
      .toBe(1);
    await handle(flowId).signal('cancel');
    expect(await handle(flowId).result()).toBe('cancelled');
    harness.mail.setBehaviour(null);
    const { rows } = await harness.pool.query('SELECT status FROM courier_messages WHERE flow_id = $1', [flowId]);
    expect(rows).toEqual([{ status: 'abandoned' }]);
  });
});
