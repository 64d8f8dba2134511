import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashPassword, verifyPassword } from '../../../platform/passwords.js';
import { deleteCredential, passwordHashOf, setPasswordHash } from '../../../activities/store/credentials.js';
import { claimIdempotencyKey } from '../../../activities/store/idempotency.js';
import { createIdentity, deleteIdentity, getIdentity } from '../../../activities/store/identities.js';
import type { IdentityContent } from '../../../activities/store/identities.js';
import { FIRST_ID, listIdentities } from '../../../activities/store/identity-list.js';
import { replaceIdentity } from '../../../activities/store/identity-replace.js';
import type { Identity } from '../../../activities/store/identity-rows.js';
import { markAddressVerified } from '../../../activities/store/verifiable-addresses.js';
import { createIdentitySchemas } from '../../../platform/identity-schemas.js';
import { inTransaction } from '../../../platform/postgres.js';
import type { JsonObject } from '../../../schemas/json.js';
import { twoAddressSchema } from '../../support/admin-app.js';
import { freshDatabase } from '../../support/postgres.js';
import type { FreshDatabase } from '../../support/postgres.js';

let db: FreshDatabase;
beforeAll(async () => {
  db = await freshDatabase();
});
afterAll(() => db.drop());

const schemas = createIdentitySchemas({ defaultSchemaId: 'it', schemas: [{ id: 'it', schema: twoAddressSchema }] });
const created = new Date('2026-01-01T10:00:00.123Z');
const later = new Date('2026-01-02T10:00:00.456Z');

let count = 0;
function mail(name: string): string {
  return `${name}-${(count += 1)}@example.test`;
}

function content(traits: JsonObject, rest: Partial<IdentityContent> = {}): IdentityContent {
  return {
    schema_id: 'it',
    traits,
    state: 'active',
    metadata_public: null,
    metadata_admin: null,
    external_id: null,
    derived: schemas.derive('it', traits),
    ...rest,
  };
}

function create(traits: JsonObject, rest: Partial<IdentityContent> = {}): Promise<Identity> {
  return createIdentity(db.pool, { ...content(traits, rest), id: randomUUID() }, created);
}

function replace(id: string, next: IdentityContent): Promise<Identity> {
  return inTransaction(db.pool, async (client) => {
    const current = await getIdentity(client, id, { lock: true });
    if (!current) throw new Error('there is no such identity');
    return replaceIdentity(client, current, next, later);
  });
}

async function counts(id: string): Promise<number[]> {
  const tables = ['identities', 'credentials', 'credential_identifiers', 'verifiable_addresses', 'recovery_addresses'];
  const rows = await Promise.all(
    tables.map((table) => {
      const column = table === 'identities' ? 'id' : 'identity_id';
      return db.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table} WHERE ${column} = $1`, [id]);
    }),
  );
  return rows.map(({ rows: [row] }) => row?.n ?? -1);
}

describe('a created identity', () => {
  it('is read back as it was made, with its credentials and addresses', async () => {
    const [email, fallback] = [mail('Ada'), mail('fallback')];
    const traits = { email, recovery_email: fallback, phone: '+1 555 0100' };
    const identity = await create(traits, {
      metadata_public: { plan: 'gold' },
      metadata_admin: ['note', null, 1.5],
      external_id: `ext-${email}`,
      passwordHash: '$argon2id$made-up',
    });
    const read = await getIdentity(db.pool, identity.id);
    const inOrder = (who: Identity | undefined) =>
      who && { ...who, recovery_addresses: [...who.recovery_addresses].sort((a, b) => (a.id < b.id ? -1 : 1)) };
    expect(inOrder(read)).toEqual(inOrder(identity));
    expect(read?.credentials).toEqual([
      {
        type: 'password',
        identifiers: [email.toLowerCase()],
        config: { hashed_password: '$argon2id$made-up' },
        version: 0,
        created_at: created,
        updated_at: created,
      },
    ]);
    expect(read?.recovery_addresses.map(({ via, value }) => `${via} ${value}`).sort()).toEqual(
      [`email ${email.toLowerCase()}`, `email ${fallback}`, 'sms +15550100'].sort(),
    );
  });

  it('has a password credential without a password, which marks its login name', async () => {
    const identity = await create({ email: mail('nopass') });
    expect(identity.credentials).toMatchObject([{ type: 'password', config: {} }]);
    expect(passwordHashOf(identity)).toBeUndefined();
  });

  it('may bring addresses that are verified already', async () => {
    const email = mail('proved');
    const proof = { via: 'email', value: email, verified: true, status: 'completed', verified_at: later } as const;
    const id = randomUUID();
    await createIdentity(db.pool, { ...content({ email }), id, proofs: [proof] }, created);
    expect((await getIdentity(db.pool, id))?.verifiable_addresses).toMatchObject([proof]);
  });
});

describe('names are unique', () => {
  it.each([
    ['login name', (email: string) => ({ traits: { email: email.toUpperCase() } }), /login name|address/],
    [
      'recovery address',
      (email: string) => ({ traits: { email: mail('other'), recovery_email: email } }),
      /recovery address/,
    ],
    ['external id', (email: string) => ({ traits: { email: mail('x') }, external_id: email }), /external_id/],
  ])('%s', async (_, make, reason) => {
    const email = mail('taken');
    await create({ email }, { external_id: email });
    const { traits, ...rest } = make(email);
    const attempt = create(traits, rest as Partial<IdentityContent>);
    await expect(attempt).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(reason) as string });
    const error = (await attempt.catch((thrown: unknown) => thrown)) as Error;
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(email);
  });

  it('of forty creations at once with one name, one succeeds and nothing of the others stays', async () => {
    const email = mail('race');
    const ids = Array.from({ length: 40 }, () => randomUUID());
    const results = await Promise.allSettled(
      ids.map((id) => createIdentity(db.pool, { ...content({ email }), id }, created)),
    );
    const won = results.flatMap((result, at) => (result.status === 'fulfilled' ? [ids[at]] : []));
    expect(won).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'conflict' });
    }
    for (const id of ids) expect(await counts(id)).toEqual(id === won[0] ? [1, 1, 1, 1, 1] : [0, 0, 0, 0, 0]);
  });

  it('and two who swap each other names at once get conflicts, never another error', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [a, b] = [mail('swap'), mail('swap')];
      const [ada, bob] = [await create({ email: a }), await create({ email: b })];
      const results = await Promise.allSettled([
        replace(ada.id, content({ email: b })),
        replace(bob.id, content({ email: a })),
      ]);
      const failed = results.filter((result) => result.status === 'rejected');
      expect(failed.length).toBeGreaterThan(0);
      for (const { reason } of failed) expect(reason).toMatchObject({ code: 'conflict' });
    }
  });
});

describe('a replaced identity', () => {
  it('keeps the addresses that stay, with what was proved of them', async () => {
    const email = mail('stay');
    const before = await create({ email, recovery_email: mail('old') });
    await markAddressVerified(db.pool, before.id, email, created);
    const after = await replace(before.id, content({ email, recovery_email: mail('new'), phone: '0301234567' }));

    const recovery = (who: Identity, value: string) => who.recovery_addresses.find((row) => row.value === value)?.id;
    expect(after.verifiable_addresses).toMatchObject([
      { id: before.verifiable_addresses[0]?.id, verified: true, status: 'completed', verified_at: created },
    ]);
    expect(recovery(after, email)).toBe(recovery(before, email));
    expect(after.recovery_addresses).toHaveLength(3);
    expect(after.updated_at).toEqual(later);
    expect(after.created_at).toEqual(created);
  });

  it('has new, unverified addresses and a new login name in place of changed ones; the old name is free', async () => {
    const [old, next] = [mail('old'), mail('next')];
    const before = await create({ email: old }, { passwordHash: 'the hash' });
    await markAddressVerified(db.pool, before.id, old, created);
    const after = await replace(before.id, content({ email: next }));
    expect(after.verifiable_addresses).toMatchObject([{ value: next, verified: false, status: 'pending' }]);
    expect(after.verifiable_addresses[0]?.id).not.toBe(before.verifiable_addresses[0]?.id);
    expect(after.credentials).toMatchObject([{ identifiers: [next], config: { hashed_password: 'the hash' } }]);
    expect(await counts(before.id)).toEqual([1, 1, 1, 1, 1]);
    await expect(create({ email: old })).resolves.toBeDefined();
  });

  it('changes the password only when a new hash is given', async () => {
    const email = mail('hash');
    const { id } = await create({ email }, { passwordHash: 'first' });
    expect(passwordHashOf(await replace(id, content({ email })))).toBe('first');
    expect(passwordHashOf(await replace(id, content({ email }, { passwordHash: 'second' })))).toBe('second');
  });

  it('notes when its state changed, and only then', async () => {
    const email = mail('state');
    const { id } = await create({ email });
    expect((await replace(id, content({ email }))).state_changed_at).toEqual(created);
    expect((await replace(id, content({ email }, { state: 'inactive' }))).state_changed_at).toEqual(later);
  });

  it('stays as it was when the new name belongs to somebody else', async () => {
    const [mine, theirs] = [mail('mine'), mail('theirs')];
    const before = await create({ email: mine, recovery_email: mail('r') });
    await create({ email: theirs });
    await expect(replace(before.id, content({ email: theirs }))).rejects.toMatchObject({ code: 'conflict' });
    expect(await getIdentity(db.pool, before.id)).toEqual({
      ...before,
      recovery_addresses: expect.arrayContaining(before.recovery_addresses) as never,
    });
  });

  it('is what the lock makes it: twenty replacements at once leave one consistent state', async () => {
    const { id } = await create({ email: mail('lock') });
    const emails = Array.from({ length: 20 }, () => mail('locked'));
    await Promise.all(emails.map((email) => replace(id, content({ email, recovery_email: `r${email}` }))));
    const after = await getIdentity(db.pool, id);
    const { email } = after?.traits as { email: string };
    expect(after?.credentials[0]?.identifiers).toEqual([email]);
    expect(after?.verifiable_addresses.map((row) => row.value)).toEqual([email]);
    expect(after?.recovery_addresses.map((row) => row.value).sort()).toEqual([email, `r${email}`].sort());
    expect(await counts(id)).toEqual([1, 1, 1, 1, 2]);
  });
});

describe('a deleted identity', () => {
  it('is gone with everything that is its own', async () => {
    const { id } = await create({ email: mail('gone') });
    expect(await deleteIdentity(db.pool, id)).toBe(true);
    expect(await counts(id)).toEqual([0, 0, 0, 0, 0]);
    expect(await deleteIdentity(db.pool, id)).toBe(false);
  });
});

describe('credentials', () => {
  it('the last one to sign in with stays; a second factor and unknown types do not count', async () => {
    const identity = await create({ email: mail('cred') });
    expect(await deleteCredential(db.pool, identity, 'password')).toBe('last');
    expect(await deleteCredential(db.pool, identity, 'totp')).toBe('absent');
    await db.pool.query(
      `INSERT INTO credentials (identity_id, type, created_at, updated_at)
       VALUES ($1, 'totp', now(), now()), ($1, 'passkey', now(), now())`,
      [identity.id],
    );
    const richer = (await getIdentity(db.pool, identity.id)) as Identity;
    expect(await deleteCredential(db.pool, richer, 'totp')).toBe('deleted');
    expect(await deleteCredential(db.pool, richer, 'password')).toBe('deleted');
    expect(await counts(identity.id)).toEqual([1, 1, 0, 1, 1]);
  });

  it('a password can be set on its own, with or without one before', async () => {
    const email = mail('set');
    const { id } = await create({ email });
    for (const hash of ['one', 'two']) {
      await setPasswordHash(db.pool, id, hash, later);
      const [credential] = (await getIdentity(db.pool, id))?.credentials ?? [];
      expect(credential).toMatchObject({ identifiers: [email], config: { hashed_password: hash }, updated_at: later });
    }
  });
});

describe('lists', () => {
  it('go through everybody once, in pages, while others come and go', async () => {
    const own = await freshDatabase();
    try {
      const ids = Array.from({ length: 25 }, () => randomUUID()).sort();
      for (const id of ids) await createIdentity(own.pool, { ...content({ email: mail('list') }), id }, created);
      const seen: string[] = [];
      let after: string | undefined = FIRST_ID;
      while (after !== undefined) {
        const page: Awaited<ReturnType<typeof listIdentities>> = await listIdentities(
          own.pool,
          { by: 'all' },
          { after, limit: 7 },
        );
        seen.push(...page.items.map((item) => item.id));
        after = page.next;
        if (seen.length === 7) await deleteIdentity(own.pool, ids[6] as string);
      }
      expect(seen).toEqual(ids);
    } finally {
      await own.drop();
    }
  });

  it('can be of given ids, or of a login name', async () => {
    const [a, b] = [await create({ email: mail('byid') }), await create({ email: mail('byid') })];
    const page = { after: FIRST_ID, limit: 10 };
    const byIds = await listIdentities(db.pool, { by: 'ids', ids: [b.id, a.id, randomUUID()] }, page);
    expect(byIds.items.map((item) => item.id)).toEqual([a.id, b.id].sort());
    const identifiers = a.credentials[0]?.identifiers ?? [];
    const byName = await listIdentities(db.pool, { by: 'identifier', identifiers }, page);
    expect(byName.items.map((item) => item.id)).toEqual([a.id]);
    expect(byName.next).toBeUndefined();
  });
});

describe('an Idempotency-Key', () => {
  const request = (body: JsonObject, key: string) => ({ route: 'POST /things', key, body });

  it('belongs to the first; the same request finds its resource, a different one is refused', async () => {
    const [key, first, second] = [randomUUID(), randomUUID(), randomUUID()];
    expect(await claimIdempotencyKey(db.pool, request({ a: 1, b: [{ c: 2, d: 3 }] }, key), first, created)).toBe(first);
    expect(await claimIdempotencyKey(db.pool, request({ b: [{ d: 3, c: 2 }], a: 1 }, key), second, later)).toBe(first);
    const other = claimIdempotencyKey(db.pool, request({ a: 2 }, key), second, later);
    await expect(other).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    const elsewhere = { ...request({ a: 2 }, key), route: 'POST /others' };
    expect(await claimIdempotencyKey(db.pool, elsewhere, second, later)).toBe(second);
  });

  it('makes the second of two at once wait, for the outcome of the first', async () => {
    for (const outcome of ['commit', 'rollback'] as const) {
      const [key, first, second] = [randomUUID(), randomUUID(), randomUUID()];
      const client = await db.pool.connect();
      await client.query('BEGIN');
      await claimIdempotencyKey(client, request({}, key), first, created);
      let settled = false;
      const waiting = claimIdempotencyKey(db.pool, request({}, key), second, later).finally(() => (settled = true));
      await expect.poll(() => lockWaiters()).toBe(1);
      expect(settled).toBe(false);
      await client.query(outcome);
      client.release();
      expect(await waiting).toBe(outcome === 'commit' ? first : second);
    }
  });

  it('leaves nothing by which a password in the body could be tried', async () => {
    const key = randomUUID();
    const body = { password: 'correct-horse' };
    await claimIdempotencyKey(db.pool, request(body, key), randomUUID(), created);
    const plain = createHash('sha256').update(JSON.stringify(body)).digest();
    const { rows } = await db.pool.query('SELECT 1 FROM idempotency_keys WHERE request_digest = $1', [plain]);
    expect(rows).toEqual([]);
  });

  async function lockWaiters(): Promise<number> {
    const { rows } = await db.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows[0]?.n ?? 0;
  }
});

describe('passwords', () => {
  it('are hashed with argon2id at the cost asked for, and verified', async () => {
    const hash = await hashPassword('correct horse', { memoryKib: 64, iterations: 2, parallelism: 1 });
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=64,t=2,p=1\$/);
    expect(await verifyPassword(hash, 'correct horse')).toBe(true);
    expect(await verifyPassword(hash, 'correct horsf')).toBe(false);
    expect(await verifyPassword('$2a$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq', 'x')).toBe(false);
    expect(await verifyPassword('$argon2id$v=19$m=64,t=2,p=1$abc$def', 'x')).toBe(false);
  });
});
