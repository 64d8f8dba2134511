import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIdentity, deleteIdentity } from '../../../activities/store/identities.js';
import {
  applyKeyEvent,
  findMachineKey,
  getMachineKey,
  insertMachineKey,
  listMachineKeys,
  recordKeyUse,
} from '../../../activities/store/machine-keys.js';
import type { MachineKey, NewMachineKey } from '../../../activities/store/machine-keys.js';
import { getMachine, insertMachine, listMachines } from '../../../activities/store/machines.js';
import { tokenDigest } from '../../../platform/keys.js';
import { MACHINE_SCHEMA_ID } from '../../../schemas/machines.js';
import { freshDatabase } from '../../support/postgres.js';
import type { FreshDatabase } from '../../support/postgres.js';

const HOUR = 3_600_000;
const NOW = new Date('2030-01-01T00:00:00Z');
const later = (ms: number): Date => new Date(NOW.getTime() + ms);

let db: FreshDatabase;
beforeAll(async () => void (db = await freshDatabase()));
afterAll(() => db.drop());

async function machine(): Promise<string> {
  const id = randomUUID();
  const derived = { identifiers: [], verifiable: [], recovery: [] };
  const empty = { metadata_public: null, metadata_admin: null, external_id: null };
  const content = { schema_id: MACHINE_SCHEMA_ID, traits: { name: 'ci' }, state: 'active', ...empty } as const;
  await createIdentity(db.pool, { id, ...content, derived }, NOW);
  await insertMachine(db.pool, id, ['identities:read', 'sessions:write']);
  return id;
}

function keyOf(machineId: string, more: Partial<NewMachineKey> = {}): Promise<MachineKey> {
  return insertMachineKey(db.pool, {
    id: randomUUID(),
    machine_id: machineId,
    name: 'deploy',
    prefix: 'lk_machine_abcdef',
    digest: tokenDigest(randomUUID()),
    scopes: ['identities:read'],
    replaces: null,
    created_at: NOW,
    expires_at: null,
    ...more,
  });
}

describe('machines', () => {
  it('are read with their scopes and the number of keys that work at the time', async () => {
    const id = await machine();
    await keyOf(id);
    await keyOf(id, { expires_at: later(HOUR) });
    const retiring = await keyOf(id);
    await applyKeyEvent(db.pool, retiring, 'rotated', { now: NOW, until: later(HOUR) });
    const revoked = await keyOf(id);
    await applyKeyEvent(db.pool, revoked, 'revoke_asked', { now: NOW });
    expect(await getMachine(db.pool, id, NOW)).toMatchObject({
      id,
      traits: { name: 'ci' },
      scopes: ['identities:read', 'sessions:write'],
      usable_keys: 3,
    });
    expect((await getMachine(db.pool, id, later(HOUR)))?.usable_keys).toBe(1);
    expect(await getMachine(db.pool, randomUUID(), NOW)).toBeUndefined();
  });

  it('are listed page by page, without people', async () => {
    const own = await freshDatabase();
    const before = db;
    db = own;
    try {
      const ids = [await machine(), await machine(), await machine()].sort();
      const first = await listMachines(own.pool, { after: '00000000-0000-0000-0000-000000000000', limit: 2 }, NOW);
      expect(first.items.map((one) => one.id)).toEqual(ids.slice(0, 2));
      expect(first.next).toBe(ids[1]);
      const second = await listMachines(own.pool, { after: first.next ?? '', limit: 2 }, NOW);
      expect(second.items.map((one) => one.id)).toEqual(ids.slice(2));
      expect(second.next).toBeUndefined();
    } finally {
      db = before;
      await own.drop();
    }
  });

  it('take their keys with them', async () => {
    const id = await machine();
    const key = await keyOf(id);
    await deleteIdentity(db.pool, id);
    expect(await getMachineKey(db.pool, key.id)).toBeUndefined();
  });
});

describe('keys', () => {
  it('are found by the digest of their secret, with the state of their machine', async () => {
    const id = await machine();
    const key = await keyOf(id, { digest: tokenDigest('a secret') });
    expect(await findMachineKey(db.pool, tokenDigest('a secret'))).toMatchObject({
      id: key.id,
      machine_state: 'active',
    });
    expect(await findMachineKey(db.pool, tokenDigest('another'))).toBeUndefined();
    await db.pool.query("UPDATE identities SET state = 'inactive' WHERE id = $1", [id]);
    expect(await findMachineKey(db.pool, tokenDigest('a secret'))).toMatchObject({ machine_state: 'inactive' });
  });

  it('are listed newest first', async () => {
    const id = await machine();
    const first = await keyOf(id);
    const second = await keyOf(id, { created_at: later(1), replaces: first.id });
    expect((await listMachineKeys(db.pool, id)).map((key) => key.id)).toEqual([second.id, first.id]);
  });

  it('end with the overlap when they are rotated, and never later than they would have', async () => {
    const id = await machine();
    const [endless, long, short] = [
      await keyOf(id),
      await keyOf(id, { expires_at: later(10 * HOUR) }),
      await keyOf(id, { expires_at: later(HOUR) }),
    ];
    for (const key of [endless, long, short])
      await applyKeyEvent(db.pool, key, 'rotated', { now: NOW, until: later(5 * HOUR) });
    const ends = await Promise.all(
      [endless, long, short].map(async ({ id: key }) => (await getMachineKey(db.pool, key))?.expires_at),
    );
    expect(ends).toEqual([later(5 * HOUR), later(5 * HOUR), later(HOUR)]);
  });

  it('keep their first outcome, but for a rotated one that is revoked', async () => {
    const id = await machine();
    const key = await keyOf(id, { expires_at: later(HOUR) });
    await applyKeyEvent(db.pool, key, 'rotated', { now: NOW, until: later(HOUR) });
    await applyKeyEvent(db.pool, key, 'revoke_asked', { now: later(1) });
    await applyKeyEvent(db.pool, key, 'revoke_asked', { now: later(2) });
    await applyKeyEvent(db.pool, key, 'deadline_passed', { now: later(3) });
    expect(await getMachineKey(db.pool, key.id)).toMatchObject({ outcome: 'revoked', revoked_at: later(1) });
  });

  it('record a use at most once an hour', async () => {
    const key = await keyOf(await machine());
    const usedAt = async (): Promise<Date | null | undefined> => (await getMachineKey(db.pool, key.id))?.last_used_at;
    await recordKeyUse(db.pool, key, NOW);
    expect(await usedAt()).toEqual(NOW);
    // Two at once read the row before either wrote.
    await recordKeyUse(db.pool, key, later(HOUR - 1));
    await recordKeyUse(db.pool, { id: key.id, last_used_at: NOW }, later(HOUR - 1));
    expect(await usedAt()).toEqual(NOW);
    await recordKeyUse(db.pool, { id: key.id, last_used_at: NOW }, later(HOUR + 1));
    expect(await usedAt()).toEqual(later(HOUR + 1));
  });
});
