import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import type { Answer } from '../support/http.js';
import { patiently } from '../support/patience.js';
import {
  adminCode,
  askForCode,
  createPerson,
  flowRow,
  giveAddress,
  mailedCode,
  opened,
  submitCode,
} from '../support/story.js';

const HOUR = 3_600_000;
const CALL_TIMEOUT_MS = 1_500;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ workers: false, config: { temporal: { call_timeout: `${CALL_TIMEOUT_MS}ms` } } });
});
afterAll(() => harness.stop());

/** Each test finds no worker running, and starts some when it wants to. */
async function withWorkers<T>(work: () => Promise<T>): Promise<T> {
  await harness.startWorkers();
  try {
    return await work();
  } finally {
    await harness.stopWorkers();
  }
}

const submit = (flowId: string, code: string) => patiently(() => submitCode(harness, flowId, code));

function expectUnknown({ status, headers, json, text }: Answer): void {
  expect(status, text).toBe(503);
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
  expect(json.error).toMatchObject({ code: 503, status: 'Service Unavailable' });
}

describe('while no worker runs', () => {
  it('readiness says so', async () => {
    const health = await harness.admin('GET', '/health/ready');
    expect(health.status).toBe(503);
    expect(health.json.errors.temporal).toMatch(/worker/i);
  });

  it('an administrator gets a code; submitting it is 503, and repeating that with workers opens one session', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    expectUnknown(await submitCode(harness, flowId, code));
    expectUnknown(await submitCode(harness, flowId, code));
    await withWorkers(async () => {
      opened(await submit(flowId, code));
      expect((await submit(flowId, code)).status).toBe(400);
    });
    const { rows } = await harness.pool.query('SELECT id FROM sessions WHERE recovery_flow_id = $1', [flowId]);
    expect(rows).toHaveLength(1);
    expect((await flowRow(harness, flowId)).attempts).toBe(0);
  });

  it('a wrong code that is repeated because of 503 counts once', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    const wrong = code === '000000' ? '000001' : '000000';
    for (let time = 1; time <= 2; time += 1) expectUnknown(await submitCode(harness, flowId, wrong));
    await withWorkers(async () => {
      expect((await submit(flowId, wrong)).json.state).toBe('sent_email');
      expect((await flowRow(harness, flowId)).attempts).toBe(1);
      opened(await submit(flowId, code));
    });
  });

  it('a code that has expired is refused, with 410', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person, { expires_in: '12h' });
    harness.clock.ahead += 12 * HOUR + 1_000;
    try {
      const refused = await submitCode(harness, flowId, code);
      expect(refused.status).toBe(410);
      expect(refused.json.error.id).toBe('self_service_flow_expired');
      expect((await harness.api('GET', `/self-service/recovery/flows?id=${flowId}`)).status).toBe(410);
    } finally {
      harness.clock.ahead = 0;
    }
  });

  it('an address is taken, and the code comes as soon as there are workers', async () => {
    const person = await createPerson(harness);
    const flowId = await askForCode(harness, person.email);
    await withWorkers(async () => opened(await submit(flowId, await mailedCode(harness, person.email))));
  });

  it('another code is taken note of, too', async () => {
    const person = await createPerson(harness);
    const flowId = await askForCode(harness, person.email);
    expect((await giveAddress(harness, flowId, person.email)).status).toBe(200);
    await withWorkers(async () => {
      const second = await harness.mail.waitFor((mail) => mail.messageId.includes(`${flowId}.2@`), 15_000);
      opened(await submit(flowId, /(?<!\d)\d{6}(?!\d)/.exec(second.text)?.[0] ?? ''));
    });
  });
});
