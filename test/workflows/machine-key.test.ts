import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CaughtMail } from '../../stack/mail-store.js';
import { startHarness } from '../support/harness.js';
import { asMachine, createKey, createMachine, shownKey } from '../support/machines.js';
import type { SkippingHarness } from '../support/time-skipping.js';
import { startSkippingHarness } from '../support/time-skipping.js';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOTIFIED = 'operators@example.test';

let harness: SkippingHarness;
let machine: string;
beforeAll(async () => {
  harness = await startSkippingHarness({ config: { admin_api: { notify_address: NOTIFIED } } });
  machine = await createMachine(harness);
});
afterAll(() => harness.stop());

const handle = (keyId: string) => harness.workflows.handle(keyId, 'machine-key');
const outcomeOf = (keyId: string): Promise<unknown> => handle(keyId).result();
const remindersOf = (keyId: string): CaughtMail[] =>
  harness.mail.messages().filter((mail) => mail.text.includes(keyId));
const statusOf = async (secret: string): Promise<number> =>
  (await asMachine(harness, secret, 'GET', '/identities')).status;
const rowOf = async (keyId: string): Promise<Record<string, any> | undefined> =>
  (await harness.pool.query('SELECT * FROM machine_keys WHERE id = $1', [keyId])).rows[0] as
    Record<string, any> | undefined;

describe("a machine's key", () => {
  it('is announced 14 days and one day before it expires, then marked expired', async () => {
    const { id, secret } = await createKey(harness, machine, { name: 'deploy', expires_in: '720h' });
    await harness.pass(16 * DAY - HOUR);
    expect(remindersOf(id)).toEqual([]);
    await harness.pass(2 * HOUR);
    await expect.poll(() => remindersOf(id).length, { timeout: 15_000 }).toBe(1);
    const [first] = remindersOf(id);
    expect(first?.to).toEqual([NOTIFIED]);
    expect(first?.subject).toMatch(/^A key of the machine "ci" expires in 1[34] days$/);
    expect(first?.text).toContain('deploy');
    expect(first?.text).toContain(secret.slice(0, 17));
    expect(first?.text).not.toContain(secret);

    await harness.pass(13 * DAY);
    await expect.poll(() => remindersOf(id).length, { timeout: 15_000 }).toBe(2);
    expect(await statusOf(secret)).toBe(200);
    expect((await rowOf(id))?.outcome).toBeNull();

    await harness.pass(DAY);
    expect(await outcomeOf(id)).toBe('expired');
    expect((await rowOf(id))?.outcome).toBe('expired');
    expect(await statusOf(secret)).toBe(401);
    expect(remindersOf(id)).toHaveLength(2);
    const { rows } = await harness.pool.query(
      'SELECT flow_id, identity_id, status FROM courier_messages WHERE dedup_key LIKE $1',
      [`${id}|%`],
    );
    expect(rows).toEqual(Array(2).fill({ flow_id: id, identity_id: machine, status: 'sent' }));
  });

  it('is watched over by a workflow that holds ids and times only, and tells its story', async () => {
    const { id } = await createKey(harness, machine, { name: 'a telling name', expires_in: '720h' });
    const history = JSON.stringify(await handle(id).fetchHistory());
    expect(history).toContain(Buffer.from(JSON.stringify(id)).toString('base64').slice(0, 20));
    expect(history).not.toContain('telling');
    const described = await handle(id).describe();
    expect(described.type).toBe('machineKey');
    await handle(id).signal('revoke');
    await outcomeOf(id);
  });

  it('without an end has no workflow', async () => {
    const { id } = await createKey(harness, machine);
    await expect(handle(id).describe()).rejects.toThrow(/not found/i);
  });

  it('that is revoked needs no watch and no reminder', async () => {
    const { id } = await createKey(harness, machine, { expires_in: '720h' });
    expect((await harness.admin('DELETE', `/admin/machines/${machine}/keys/${id}`)).status).toBe(204);
    expect(await outcomeOf(id)).toBe('revoked');
    await harness.pass(31 * DAY);
    expect(remindersOf(id)).toEqual([]);
    expect((await shownKey(harness, machine, id)).state).toBe('revoked');
  });

  it('is revoked by a signal without arguments, as the Temporal UI sends it', async () => {
    const { id, secret } = await createKey(harness, machine, { expires_in: '720h' });
    await handle(id).signal('revoke');
    expect(await outcomeOf(id)).toBe('revoked');
    expect(await rowOf(id)).toMatchObject({ outcome: 'revoked', revoked_at: expect.any(Date) as Date });
    expect(await statusOf(secret)).toBe(401);
  });

  it('is revoked by a cancellation of the workflow', async () => {
    const { id, secret } = await createKey(harness, machine, { expires_in: '720h' });
    await handle(id).cancel();
    expect(await outcomeOf(id)).toBe('revoked');
    expect(await statusOf(secret)).toBe(401);
  });

  it('that is rotated is done with; the new one is watched in its place, and the old one ends with the overlap', async () => {
    const old = await createKey(harness, machine, { expires_in: '720h' });
    const rotated = await harness.admin('POST', `/admin/machines/${machine}/keys/${old.id}/rotate`, {
      body: { overlap: '24h' },
    });
    expect(rotated.status).toBe(201);
    const next = rotated.json as { id: string; secret: string };
    expect(await outcomeOf(old.id)).toBe('rotated');
    await harness.pass(DAY - MINUTE);
    expect([await statusOf(old.secret), await statusOf(next.secret)]).toEqual([200, 200]);
    await harness.pass(2 * MINUTE);
    expect([await statusOf(old.secret), await statusOf(next.secret)]).toEqual([401, 200]);
    expect((await shownKey(harness, machine, old.id)).state).toBe('expired');
    await harness.pass(15 * DAY);
    await expect.poll(() => remindersOf(next.id).length, { timeout: 15_000 }).toBe(1);
    expect(remindersOf(old.id)).toEqual([]);
  });

  it('is noticed to be settled at the next moment when the signal was lost', async () => {
    const { id } = await createKey(harness, machine, { expires_in: '720h' });
    await harness.pool.query("UPDATE machine_keys SET outcome = 'revoked', revoked_at = now() WHERE id = $1", [id]);
    await harness.pass(17 * DAY);
    expect(await outcomeOf(id)).toBe('revoked');
    expect(remindersOf(id)).toEqual([]);
  });

  it('goes on when it is told of a change that has not happened', async () => {
    const { id } = await createKey(harness, machine, { expires_in: '48h' });
    await handle(id).signal('changed');
    await harness.pass(DAY + MINUTE);
    await expect.poll(() => remindersOf(id).length, { timeout: 15_000 }).toBe(1);
    await harness.pass(DAY);
    expect(await outcomeOf(id)).toBe('expired');
  });

  it('ends with its machine', async () => {
    const other = await createMachine(harness);
    const [told, untold] = [
      await createKey(harness, other, { expires_in: '48h' }),
      await createKey(harness, other, { expires_in: '48h' }),
    ];
    await harness.pool.query('DELETE FROM machine_keys WHERE id = $1', [untold.id]);
    expect((await harness.admin('DELETE', `/admin/machines/${other}`)).status).toBe(204);
    expect(await outcomeOf(told.id)).toBe('revoked');
    await harness.pass(DAY + MINUTE);
    expect(await outcomeOf(untold.id)).toBe('revoked');
  });

  it('is announced late when the mail server was away, and not after it has ended', async () => {
    harness.mail.setBehaviour(() => ({ code: 451, text: 'later' }));
    const [late, never] = [
      await createKey(harness, machine, { expires_in: '720h' }),
      await createKey(harness, machine, { expires_in: '48h' }),
    ];
    await harness.pass(2 * DAY + HOUR);
    expect(await outcomeOf(never.id)).toBe('expired');
    await harness.pass(15 * DAY);
    harness.mail.setBehaviour(null);
    await harness.pass(31 * MINUTE);
    await expect.poll(() => remindersOf(late.id).length, { timeout: 15_000 }).toBe(1);
    expect(remindersOf(never.id)).toEqual([]);
    await handle(late.id).signal('revoke');
    expect(await outcomeOf(late.id)).toBe('revoked');
  });

  it('has a short history', async () => {
    const { id } = await createKey(harness, machine, { expires_in: '720h' });
    await harness.pass(31 * DAY);
    expect(await outcomeOf(id)).toBe('expired');
    const { events } = await handle(id).fetchHistory();
    expect(events?.length).toBeLessThanOrEqual(36);
  });
});

describe('on a server whose time does not skip', () => {
  it('it is shown to operators with a summary, search attributes and its story', async () => {
    const real = await startHarness();
    try {
      const id = await createMachine(real);
      const key = await createKey(real, id, { expires_in: '720h' });
      const watch = real.workflows.handle(key.id, 'machine-key');
      expect((await real.admin('DELETE', `/admin/machines/${id}/keys/${key.id}`)).status).toBe(204);
      expect(await watch.result()).toBe('revoked');
      const described = await watch.describe();
      expect(await described.staticSummary()).toBe("A machine's key, until it expires");
      const attributes = Object.fromEntries(
        described.typedSearchAttributes.getAll().map((one) => [one.key.name, one.value]),
      );
      expect(attributes).toMatchObject({
        LatchkeyKind: 'machine-key',
        LatchkeyIdentityId: id,
        LatchkeyExpiresAt: expect.any(Date) as Date,
        LatchkeyOutcome: 'revoked',
      });
      const metadata = await watch.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      expect(metadata.currentDetails).toMatch(/the key is watched until .*\n.*Revoked/);
    } finally {
      await real.stop();
    }
  });
});

describe('without an address to notify', () => {
  it('a key expires all the same', async () => {
    const quiet = await startSkippingHarness();
    try {
      const id = await createMachine(quiet);
      const key = await createKey(quiet, id, { expires_in: '720h' });
      await quiet.pass(31 * DAY);
      expect(await quiet.workflows.handle(key.id, 'machine-key').result()).toBe('expired');
      expect(quiet.mail.messages()).toEqual([]);
    } finally {
      await quiet.stop();
    }
  });
});
