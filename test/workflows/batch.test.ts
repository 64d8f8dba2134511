import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BCRYPT, batchOf, command, rowsOf, untilState, upload } from '../support/batches.js';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import { noteWorkflow } from '../support/leftovers.js';
import type { SkippingHarness } from '../support/time-skipping.js';
import { startSkippingHarness } from '../support/time-skipping.js';
import { createPerson } from '../support/story.js';

const count = async (harness: Harness, like: string): Promise<number> =>
  (await harness.pool.query(`SELECT 1 FROM identities WHERE traits ->> 'email' LIKE $1`, [like])).rowCount ?? 0;

describe('a batch', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.stop());

  it('loses no row and does none twice when the worker stops in the middle and comes back', async () => {
    const m = randomUUID().slice(0, 8);
    const lines = Array.from({ length: 1_500 }, (_, n) => `r${n}-${m}@example.test,${BCRYPT}`).join('\n');
    const { json } = await upload(harness, 'kind=import', `email,hashed_password\n${lines}\n`);
    await expect.poll(() => count(harness, `%-${m}@%`), { timeout: 20_000, interval: 20 }).toBeGreaterThan(100);
    await harness.stopWorkers();
    const half = await batchOf(harness, json.id);
    expect(half.state).toBe('running');
    expect(half.progress.left).toBeGreaterThan(0);
    await harness.startWorkers();
    const done = await untilState(harness, json.id, 'done');
    expect(done.progress).toMatchObject({ total: 1_500, done: 1_500, failed: 0, left: 0 });
    expect(await count(harness, `%-${m}@%`)).toBe(1_500);
    const { rows } = await harness.pool.query('SELECT max(attempts) AS most FROM batch_rows WHERE batch_id = $1', [
      json.id,
    ]);
    expect(rows[0].most).toBe(1);
  });

  it('stops when it is paused, also from the Temporal UI, and goes on when it is resumed', async () => {
    const m = randomUUID().slice(0, 8);
    const lines = Array.from({ length: 1_500 }, (_, n) => `s${n}-${m}@example.test`).join('\n');
    const { json } = await upload(harness, 'kind=import', `email\n${lines}\n`);
    await expect.poll(() => count(harness, `%-${m}@%`), { timeout: 20_000, interval: 20 }).toBeGreaterThan(100);
    const paused = await command(harness, json.id, 'pause');
    expect(paused.json.state).toBe('paused');
    expect((await command(harness, json.id, 'pause')).status).toBe(200);
    // Rows under way at that moment, one a lane, may still be done.
    await expect
      .poll(async () => {
        const before = await count(harness, `%-${m}@%`);
        await new Promise((resolve) => setTimeout(resolve, 300));
        return (await count(harness, `%-${m}@%`)) - before;
      })
      .toBe(0);
    const standing = await batchOf(harness, json.id);
    expect(standing.progress.left).toBeGreaterThan(0);
    expect(standing.progress.rate).toBeNull();
    await harness.workflows.handle(json.id, 'batch').signal('resume');
    await untilState(harness, json.id, 'running');
    await harness.workflows.handle(json.id, 'batch').signal('pause');
    await untilState(harness, json.id, 'paused');
    expect((await command(harness, json.id, 'resume')).json.state).toBe('running');
    const done = await untilState(harness, json.id, 'done');
    expect(done.progress).toMatchObject({ done: 1_500, failed: 0 });
    expect(await count(harness, `%-${m}@%`)).toBe(1_500);
  });

  it('stops for good when it is cancelled, and forgets what it was to do', async () => {
    const m = randomUUID().slice(0, 8);
    const lines = Array.from({ length: 1_500 }, (_, n) => `c${n}-${m}@example.test`).join('\n');
    const { json } = await upload(harness, 'kind=import', `email\n${lines}\n`);
    await expect.poll(() => count(harness, `%-${m}@%`), { timeout: 20_000, interval: 20 }).toBeGreaterThan(50);
    expect((await command(harness, json.id, 'cancel')).json.state).toBe('cancelled');
    expect(await harness.workflows.handle(json.id, 'batch').result()).toBe('cancelled');
    const standing = await batchOf(harness, json.id);
    expect(standing.progress.left).toBeGreaterThan(0);
    const kept = await harness.pool.query('SELECT 1 FROM batch_rows WHERE batch_id = $1 AND payload IS NOT NULL', [
      json.id,
    ]);
    expect(kept.rowCount).toBe(0);
    expect((await command(harness, json.id, 'resume')).json.error).toMatchObject({
      code: 409,
      details: { state: 'cancelled' },
    });
  });
});

describe('the mails of a batch', () => {
  let harness: SkippingHarness;
  beforeAll(async () => {
    harness = await startSkippingHarness();
  });
  afterAll(() => harness.stop());

  it('go no faster than the batch may send', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => createPerson(harness)));
    const { json } = await upload(
      harness,
      'kind=recover&rate=0.1',
      `email\n${people.map(({ email }) => email).join('\n')}\n`,
    );
    const done = async (): Promise<number> => (await batchOf(harness, json.id)).progress.done as number;
    await expect.poll(done, { timeout: 10_000 }).toBe(1);
    await harness.pass(10_000);
    await expect.poll(done, { timeout: 10_000 }).toBe(2);
    await command(harness, json.id, 'pause');
    await harness.pass(60_000);
    expect(await done()).toBe(2);
    await command(harness, json.id, 'resume');
    // Five times eleven seconds are time for six rows, and one was due at once.
    for (let n = 0; n < 5; n += 1) await harness.pass(11_000);
    expect(await done()).toBeLessThanOrEqual(9);
    await expect
      .poll(
        async () => {
          await harness.pass(11_000);
          return done();
        },
        { timeout: 20_000 },
      )
      .toBe(12);
    expect(await harness.workflows.handle(json.id, 'batch').result()).toBe('done');
    for (const { flow_id } of await rowsOf(harness, json.id, 'done')) {
      noteWorkflow(harness.config.temporal.address, harness.config.temporal.namespace, `recovery/${flow_id}`);
    }
  });
});
