import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { createMachine } from '../../support/machines.js';
import { createPerson } from '../../support/story.js';

let harness: Harness;
beforeAll(async () => void (harness = await startHarness({ workers: false })));
afterAll(() => harness.stop());

const keysPath = (machine: string): string => `/admin/machines/${machine}/keys`;

describe('machines', () => {
  it('are created, shown, listed and deleted, under both prefixes', async () => {
    const body = {
      name: 'nightly import',
      scopes: ['identities:write', 'sessions:read'],
      metadata_admin: { team: 'ops' },
    };
    const created = await harness.admin('POST', '/machines', { body });
    expect(created.status).toBe(201);
    const id = created.json.id as string;
    expect(created.headers.get('location')).toBe(`${harness.adminUrl}/admin/machines/${id}`);
    expect(created.json).toMatchObject({ schema_id: 'machine', state: 'active', usable_keys: 0, ...body });
    expect((await harness.admin('GET', `/admin/machines/${id}`)).json).toEqual(created.json);
    expect((await harness.admin('GET', '/machines')).json).toContainEqual(created.json);
    expect((await harness.admin('DELETE', `/machines/${id}`)).status).toBe(204);
    for (const method of ['GET', 'DELETE'])
      expect((await harness.admin(method, `/admin/machines/${id}`)).status).toBe(404);
    expect((await harness.admin('GET', `/admin/identities/${id}`)).status).toBe(404);
  });

  it('are identities of a built-in schema, which is readable and not among those for people', async () => {
    const id = await createMachine(harness);
    const identity = await harness.admin('GET', `/admin/identities/${id}`);
    expect(identity.json).toMatchObject({ id, schema_id: 'machine', traits: { name: 'ci' } });
    expect(identity.json).not.toHaveProperty('credentials');
    const schema = await harness.api('GET', new URL(identity.json.schema_url as string).pathname);
    expect(schema.json).toMatchObject({ title: 'Machine' });
    expect((await harness.api('GET', '/schemas')).json).toEqual([expect.objectContaining({ id: 'default' })]);
  });

  it.each([
    [{}, 'name'],
    [{ name: '', scopes: ['*'] }, 'name'],
    [{ name: 'line\nbreak', scopes: ['*'] }, 'name'],
    [{ name: 'x', scopes: [] }, 'scopes'],
    [{ name: 'x', scopes: ['identities:delete'] }, 'scopes'],
    [{ name: 'x', scopes: ['*', '*'] }, 'scopes'],
    [{ name: 'x', scopes: ['*'], traits: {} }, 'traits'],
  ])('are not made of %j', async (body, field) => {
    const answer = await harness.admin('POST', '/admin/machines', { body });
    expect(answer.status).toBe(400);
    expect(answer.json.error.reason).toContain(field);
  });

  it('are listed page by page', async () => {
    const ids = await Promise.all([createMachine(harness), createMachine(harness), createMachine(harness)]);
    const seen: string[] = [];
    for (let path: string | undefined = '/admin/machines?page_size=2'; path !== undefined;) {
      const page = await harness.admin('GET', path);
      seen.push(...(page.json as { id: string }[]).map((machine) => machine.id));
      path = /<([^>]*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(ids));
    expect((await harness.admin('GET', '/admin/machines?page_token=nonsense')).status).toBe(400);
  });

  it('are made once by a request with an Idempotency-Key', async () => {
    const sent = { body: { name: 'once', scopes: ['*'] }, headers: { 'idempotency-key': randomUUID() } };
    const [first, second] = [
      await harness.admin('POST', '/admin/machines', sent),
      await harness.admin('POST', '/machines', sent),
    ];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json).toEqual(first.json);
    const other = await harness.admin('POST', '/admin/machines', { ...sent, body: { name: 'twice', scopes: ['*'] } });
    expect(other.status).toBe(422);
  });

  it('stay machines, and people stay people', async () => {
    const id = await createMachine(harness);
    const person = await createPerson(harness);
    const traits = { name: 'ci' };
    const refused = [
      await harness.admin('POST', '/admin/identities', { body: { schema_id: 'machine', traits } }),
      await harness.admin('PUT', `/admin/identities/${person.id}`, {
        body: { schema_id: 'machine', state: 'active', traits },
      }),
      await harness.admin('PUT', `/admin/identities/${id}`, {
        body: { schema_id: 'default', state: 'active', traits: { email: `a-${randomUUID()}@example.test` } },
      }),
      await harness.admin('PATCH', `/admin/identities/${id}`, {
        body: [{ op: 'replace', path: '/schema_id', value: 'default' }],
      }),
      await harness.admin('PUT', `/admin/identities/${id}`, {
        body: {
          schema_id: 'machine',
          state: 'active',
          traits,
          credentials: { password: { config: { password: 'a-long-password-1' } } },
        },
      }),
    ];
    for (const answer of refused) expect(answer.status, answer.text).toBe(400);
    for (const kind of ['code', 'link']) {
      const recovery = await harness.admin('POST', `/admin/recovery/${kind}`, { body: { identity_id: id } });
      expect(recovery.status).toBe(400);
      expect(recovery.json.error.reason).toContain('machine');
    }
    const renamed = await harness.admin('PUT', `/admin/identities/${id}`, {
      body: { schema_id: 'machine', state: 'active', traits: { name: 'build' } },
    });
    expect(renamed.status).toBe(200);
    expect((await harness.admin('GET', `/admin/machines/${id}`)).json.name).toBe('build');
  });

  it('are not people: a person has no keys', async () => {
    const person = await createPerson(harness);
    expect((await harness.admin('GET', `/admin/machines/${person.id}`)).status).toBe(404);
    expect((await harness.admin('DELETE', `/admin/machines/${person.id}`)).status).toBe(404);
    expect((await harness.admin('GET', keysPath(person.id))).status).toBe(404);
    expect((await harness.admin('POST', keysPath(person.id), { body: {} })).status).toBe(404);
  });
});
