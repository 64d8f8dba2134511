import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertSession } from '../../../activities/store/sessions.js';
import { startAdminApp } from '../../support/admin-app.js';
import type { AdminApp, Answer } from '../../support/admin-app.js';
import { freshDatabase } from '../../support/postgres.js';
import type { FreshDatabase } from '../../support/postgres.js';

let db: FreshDatabase;
let app: AdminApp;
beforeAll(async () => {
  db = await freshDatabase();
  app = await startAdminApp(db.pool);
});
afterAll(async () => {
  await app.close();
  await db.drop();
});

const HOUR = 3_600_000;
let count = 0;

async function createPerson(): Promise<string> {
  const body = { traits: { email: `session-${(count += 1)}@example.test` }, metadata_admin: { note: 1 } };
  return ((await app.call('POST', '/admin/identities', body)).body as { id: string }).id;
}

async function openSession(identityId: string, options: { claimed?: boolean; ageMs?: number } = {}): Promise<string> {
  const { claimed = true, ageMs = 0 } = options;
  const id = randomUUID();
  const issuedAt = new Date(Date.now() - ageMs);
  await insertSession(db.pool, {
    id,
    identityId,
    tokenDigest: claimed ? randomBytes(32) : null,
    method: 'code_recovery',
    device: { id: randomUUID(), ip_address: '127.0.0.1', user_agent: null, location: '' },
    recoveryFlowId: null,
    issuedAt,
    expiresAt: new Date(issuedAt.getTime() + 24 * HOUR),
  });
  return id;
}

const idsOf = (answer: Answer): string[] => {
  expect(answer.status).toBe(200);
  return (answer.body as { id: string }[]).map((item) => item.id);
};
const nextOf = (answer: Answer): string | undefined =>
  /<([^>]*)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];

describe('GET /identities/:id/sessions', () => {
  it("has Kratos' shape, order of keys and headers", async () => {
    const person = await createPerson();
    const session = await openSession(person);
    const answer = await app.call('GET', `/admin/identities/${person}/sessions`);
    expect(answer.headers.get('x-total-count')).toBe('1');
    expect(answer.headers.get('link')).toBe(
      `</admin/identities/${person}/sessions?page=0&page_size=1&page_token=eyJvZmZzZXQiOiIwIiwidiI6Mn0&per_page=1>; rel="first"`,
    );
    const [shown] = answer.body as Record<string, object>[];
    expect(Object.keys(shown ?? {})).toEqual([
      'id',
      'active',
      'expires_at',
      'authenticated_at',
      'authenticator_assurance_level',
      'authentication_methods',
      'issued_at',
      'devices',
      'identity',
    ]);
    expect(Object.keys(shown?.identity ?? {})).toEqual([
      'id',
      'schema_id',
      'schema_url',
      'state',
      'state_changed_at',
      'traits',
      'metadata_public',
      'metadata_admin',
      'created_at',
      'updated_at',
      'organization_id',
    ]);
    expect(shown).toMatchObject({
      id: session,
      active: true,
      authenticator_assurance_level: 'aal1',
      authentication_methods: [{ method: 'code_recovery', aal: 'aal1', completed_at: expect.any(String) as string }],
      devices: [{ ip_address: '127.0.0.1', user_agent: null, location: '' }],
      identity: { id: person },
    });
  });

  it('is empty for an unknown identity, 404 for an id that is none', async () => {
    const answer = await app.call('GET', `/admin/identities/${randomUUID()}/sessions`);
    expect(answer).toMatchObject({ status: 200, body: [] });
    expect(answer.headers.get('x-total-count')).toBe('0');
    expect((await app.call('GET', '/admin/identities/nope/sessions')).status).toBe(404);
  });

  it("is newest first, in pages, and narrowed by active; unclaimed sessions are nobody's", async () => {
    const person = await createPerson();
    const old = await openSession(person, { ageMs: 25 * HOUR });
    const live = [await openSession(person, { ageMs: 2_000 }), await openSession(person, { ageMs: 1_000 })].reverse();
    await openSession(person, { claimed: false });
    const path = `/admin/identities/${person}/sessions`;
    expect(idsOf(await app.call('GET', path))).toEqual([...live, old]);
    expect(idsOf(await app.call('GET', `${path}?active=true`))).toEqual(live);
    expect(idsOf(await app.call('GET', `${path}?active=false`))).toEqual([old]);
    expect((await app.call('GET', `${path}?active=maybe`)).status).toBe(400);
    const first = await app.call('GET', `${path}?page_size=2`);
    expect(idsOf(first)).toEqual(live);
    const second = await app.call('GET', nextOf(first) ?? '');
    expect(idsOf(second)).toEqual([old]);
    expect(nextOf(second)).toBeUndefined();
    expect(idsOf(await app.call('GET', `${path}?page=1&page_size=2`))).toEqual([old]);
    expect((await app.call('GET', `${path}?page_token=nonsense`)).status).toBe(400);
  });
});

describe('DELETE /identities/:id/sessions', () => {
  it('ends all of one person and of nobody else, then answers 404', async () => {
    const [person, other] = [await createPerson(), await createPerson()];
    await openSession(person);
    await openSession(person, { claimed: false });
    const theirs = await openSession(other);
    expect((await app.call('DELETE', `/admin/identities/${person}/sessions`)).status).toBe(204);
    expect((await app.call('DELETE', `/admin/identities/${person}/sessions`)).status).toBe(404);
    expect(idsOf(await app.call('GET', `/admin/identities/${person}/sessions`))).toEqual([]);
    expect(idsOf(await app.call('GET', `/admin/identities/${other}/sessions`))).toEqual([theirs]);
  });
});

describe('/sessions/:id', () => {
  it('shows one, with the parts that are asked for', async () => {
    const person = await createPerson();
    const id = await openSession(person);
    const plain = await app.call('GET', `/admin/sessions/${id}`);
    expect(plain).toMatchObject({ status: 200, body: { id, active: true } });
    expect(Object.keys(plain.body)).not.toContain('identity');
    expect(Object.keys(plain.body)).not.toContain('devices');
    const full = await app.call('GET', `/sessions/${id}?expand=identity&expand=Devices`);
    expect(full.body).toMatchObject({ identity: { id: person }, devices: [{ ip_address: '127.0.0.1' }] });
    expect((await app.call('GET', `/admin/sessions/${id}?expand=token`)).status).toBe(400);
  });

  it('ends one: 204, again 204, and it stays listed as not active', async () => {
    const person = await createPerson();
    const id = await openSession(person);
    for (let round = 0; round < 2; round += 1) {
      expect((await app.call('DELETE', `/admin/sessions/${id}`)).status).toBe(204);
    }
    expect((await app.call('GET', `/admin/identities/${person}/sessions`)).body).toMatchObject([{ id, active: false }]);
  });

  it.each([randomUUID(), 'nope', '%00'])('answers 404 for %s', async (id) => {
    expect((await app.call('GET', `/admin/sessions/${id}`)).status).toBe(404);
    expect((await app.call('DELETE', `/admin/sessions/${id}`)).status).toBe(404);
  });
});

describe('GET /sessions', () => {
  it("walks everybody's sessions, newest first, each once, also when the last one seen has gone", async () => {
    const own = await freshDatabase();
    const alone = await startAdminApp(own.pool);
    try {
      const { id } = (await alone.call('POST', '/admin/identities', { traits: { email: 'a@example.test' } })).body as {
        id: string;
      };
      const issued = new Date(Date.now() - HOUR);
      const sessions: string[] = Array.from({ length: 12 }, () => randomUUID());
      for (const [at, session] of sessions.entries()) {
        await insertSession(own.pool, {
          id: session,
          identityId: id,
          tokenDigest: randomBytes(32),
          method: 'password',
          device: null,
          recoveryFlowId: null,
          // Several in the same instant: the order must still be total.
          issuedAt: new Date(issued.getTime() + Math.floor(at / 4) * 1_000),
          expiresAt: new Date(at < 4 ? issued.getTime() + 1 : issued.getTime() + 9 * HOUR),
        });
      }
      const seen: string[] = [];
      let path: string | undefined = '/admin/sessions?page_size=5&expand=identity';
      while (path !== undefined) {
        const page: Answer = await alone.call('GET', path);
        seen.push(...idsOf(page));
        expect(page.body).toMatchObject((page.body as object[]).map(() => ({ identity: { id } })));
        path = nextOf(page);
        await own.pool.query('DELETE FROM sessions WHERE id = $1', [seen.at(-1)]);
      }
      expect([...seen].sort()).toEqual([...sessions].sort());
      expect(seen.slice(0, 4).sort()).toEqual(sessions.slice(8).sort());
      expect(
        idsOf(await alone.call('GET', '/admin/sessions?active=false')).every((one) => sessions.indexOf(one) < 4),
      ).toBe(true);
      expect((await alone.call('GET', '/admin/sessions?page_token=1_x')).status).toBe(400);
    } finally {
      await alone.close();
      await own.drop();
    }
  });
});
