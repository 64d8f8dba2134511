import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultyHarness } from '../support/faulty-harness.js';
import { startFaultyHarness } from '../support/faulty-harness.js';
import { asMachine, createKey, createMachine } from '../support/machines.js';

let harness: FaultyHarness;
let machine: string;
let keys: string;
beforeAll(async () => {
  harness = await startFaultyHarness({ workers: false, config: { temporal: { call_timeout: '500ms' } } });
  machine = await createMachine(harness);
  keys = `/admin/machines/${machine}/keys`;
});
afterAll(() => harness.stop());
afterEach(async () => {
  await harness.temporal.resume();
  await harness.postgres.resume();
});

const count = async (): Promise<number> => ((await harness.admin('GET', keys)).json as unknown[]).length;

/** A key that expires. Temporal may still be on its way back from the test before. */
async function watchedKey(): Promise<{ id: string; secret: string }> {
  const sent = { body: { expires_in: '24h' }, headers: { 'idempotency-key': randomUUID() } };
  await expect.poll(async () => (await harness.admin('POST', keys, sent)).status, { timeout: 20_000 }).toBe(201);
  return (await harness.admin('POST', keys, sent)).json as { id: string; secret: string };
}

describe('while Temporal is away', () => {
  it('no key that expires is made, and the same request makes it later', async () => {
    const before = await count();
    const sent = { body: { expires_in: '24h' }, headers: { 'idempotency-key': randomUUID() } };
    await harness.temporal.refuse();
    const refused = await harness.admin('POST', keys, sent);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).not.toBeNull();
    expect(refused.text).not.toContain('lk_machine_');
    expect(await count()).toBe(before);
    await harness.temporal.resume();
    await expect.poll(async () => (await harness.admin('POST', keys, sent)).status, { timeout: 20_000 }).toBe(201);
    expect(await count()).toBe(before + 1);
  });

  it('keys are made that do not expire, and keys are refused as soon as they are revoked', async () => {
    const watched = await watchedKey();
    await harness.temporal.refuse();
    const endless = await createKey(harness, machine);
    for (const { id, secret } of [watched, endless]) {
      expect((await asMachine(harness, secret, 'GET', '/identities')).status).toBe(200);
      expect((await harness.admin('DELETE', `${keys}/${id}`)).status).toBe(204);
      expect((await asMachine(harness, secret, 'GET', '/identities')).status).toBe(401);
    }
  });

  it('a rotation that cannot be watched leaves the old key as it was', async () => {
    const old = await watchedKey();
    await harness.temporal.refuse();
    expect((await harness.admin('POST', `${keys}/${old.id}/rotate`, { body: {} })).status).toBe(503);
    const { rows } = await harness.pool.query('SELECT outcome FROM machine_keys WHERE id = $1', [old.id]);
    expect(rows).toEqual([{ outcome: null }]);
  });
});

describe('while the database is away', () => {
  it("a machine's key is answered with 503, not refused", async () => {
    const { secret } = await createKey(harness, machine);
    await harness.postgres.refuse();
    const answer = await asMachine(harness, secret, 'GET', '/identities');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).not.toBeNull();
  });
});
