import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyPassword } from '../../../platform/passwords.js';
import type { JsonObject } from '../../../schemas/json.js';
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

let count = 0;
const mail = (name = 'person'): string => `${name}-${(count += 1)}@example.test`;
const post = (body: unknown, headers?: Record<string, string>): Promise<Answer> =>
  app.call('POST', '/admin/identities', body, headers);
const BCRYPT = '$2a$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq';

async function created(body: JsonObject = { traits: { email: mail() } }): Promise<JsonObject & { id: string }> {
  const answer = await post(body);
  expect(answer.status).toBe(201);
  return answer.body;
}

function reasonOf(answer: Answer): string {
  expect(answer).toMatchObject({ status: 400, body: { error: { code: 400, status: 'Bad Request' } } });
  return (answer.body as { error: { reason: string } }).error.reason;
}

const IDENTITY_KEYS = [
  'id',
  'credentials',
  'schema_id',
  'schema_url',
  'state',
  'state_changed_at',
  'traits',
  'verifiable_addresses',
  'recovery_addresses',
  'metadata_public',
  'created_at',
  'updated_at',
  'organization_id',
];

describe('POST /identities', () => {
  it("creates, and answers 201 with Location and Kratos' shape in its order", async () => {
    const email = mail('Shape');
    const answer = await post({ schema_id: 'default', traits: { email } });
    const body = answer.body as JsonObject & { id: string };
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`http://admin.example.test/identities/${body.id}`);
    expect(Object.keys(body)).toEqual(IDENTITY_KEYS);
    const value = email.toLowerCase();
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
    const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
    const dates = { created_at: time, updated_at: time };
    expect(body).toEqual({
      id: uuid,
      credentials: { password: { type: 'password', identifiers: [value], version: 0, ...dates } },
      schema_id: 'default',
      schema_url: 'http://public.example.test/schemas/ZGVmYXVsdA',
      state: 'active',
      state_changed_at: time,
      traits: { email },
      verifiable_addresses: [{ id: uuid, value, verified: false, via: 'email', status: 'pending', ...dates }],
      recovery_addresses: [{ id: uuid, value, via: 'email', ...dates }],
      metadata_public: null,
      ...dates,
      organization_id: null,
    });
    expect(Object.keys((body.verifiable_addresses as JsonObject[])[0] ?? {})).toEqual([
      'id',
      'value',
      'verified',
      'via',
      'status',
      'created_at',
      'updated_at',
    ]);
  });

  it('takes state, metadata, an external id and addresses that are verified already', async () => {
    const email = mail();
    const body = await created({
      external_id: `ext-${email}`,
      traits: { email },
      state: 'inactive',
      metadata_public: { plan: 'gold' },
      metadata_admin: { note: 'n' },
      verifiable_addresses: [{ value: email.toUpperCase(), via: 'email', verified: true, status: 'completed' }],
      recovery_addresses: [{ value: email, via: 'email' }],
      credentials: null,
      organization_id: null,
    });
    expect(Object.keys(body)).toEqual([
      'id',
      'external_id',
      ...IDENTITY_KEYS.slice(1, 10),
      'metadata_admin',
      ...IDENTITY_KEYS.slice(10),
    ]);
    expect(body).toMatchObject({
      external_id: `ext-${email}`,
      state: 'inactive',
      metadata_public: { plan: 'gold' },
      metadata_admin: { note: 'n' },
      verifiable_addresses: [{ verified: true, status: 'completed', verified_at: expect.any(String) as string }],
    });
  });

  it('stores a clear-text password of any length as argon2id, and shows it only when asked', async () => {
    const { id, credentials } = await created({
      traits: { email: mail() },
      credentials: { password: { config: { password: 'short' } } },
    });
    expect(JSON.stringify(credentials)).not.toContain('argon2');
    const { body } = await app.call('GET', `/admin/identities/${id}?include_credential=password`);
    const password = (body as { credentials: { password: { config: { hashed_password: string } } } }).credentials
      .password;
    expect(Object.keys(password)).toEqual(['type', 'identifiers', 'config', 'version', 'created_at', 'updated_at']);
    expect(password.config.hashed_password).toMatch(/^\$argon2id\$/);
    expect(await verifyPassword(password.config.hashed_password, 'short')).toBe(true);
  });

  it.each([
    BCRYPT,
    '$argon2id$v=19$m=1024,t=1,p=1$pSl5j5ZfnayfA/mi4PHBbA$MiM8saDUaHfdAqrIcrw7K/QxxG7eNIRkKWxTz3aneq8',
    '$scrypt$ln=16384,r=8,p=1$c2FsdA$aGFzaA',
    '$pbkdf2-sha256$i=1000,l=32$c2FsdA$aGFzaA',
    '{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDy/276a',
    '$md5$CY9rzUYh03PK3k6DJie09g==',
  ])('imports a known hash as it is: %s', async (hash) => {
    const { id } = await created({
      traits: { email: mail() },
      credentials: { password: { config: { hashed_password: hash } } },
    });
    const { body } = await app.call('GET', `/admin/identities/${id}?include_credential=password`);
    expect(body).toMatchObject({ credentials: { password: { config: { hashed_password: hash } } } });
  });

  it('answers 409 for a name that is taken, in any letter case, and does not repeat it', async () => {
    const email = mail('taken');
    await created({ traits: { email } });
    for (const again of [email, email.toUpperCase()]) {
      const answer = await post({ traits: { email: again } });
      expect(answer).toMatchObject({ status: 409, body: { error: { code: 409, status: 'Conflict' } } });
      expect(JSON.stringify(answer.body).toLowerCase()).not.toContain(email);
    }
  });

  it.each<[string, unknown, RegExp]>([
    ['an e-mail address that is none', { traits: { email: 'not-one' } }, /^traits\.email: must be an e-mail address/],
    ['an unknown trait', { traits: { email: 'a@example.test', nope: 1 } }, /^traits\.nope: is not a known field$/],
    ['a missing trait', { traits: {} }, /^traits\.email: is missing$/],
    ['missing traits', { schema_id: 'default' }, /^traits\.email: is missing$/],
    ['traits that are a list', { traits: [] }, /^traits: must be an object$/],
    ['an unknown schema', { schema_id: 'nope', traits: {} }, /^schema_id: there is no identity schema with this id$/],
    ['a schema id of Object.prototype', { schema_id: 'constructor', traits: {} }, /^schema_id: /],
    ['an unknown field', { traits: {}, bogus: true }, /^bogus: is not a known field$/],
    ['a bad state', { traits: {}, state: 'bogus' }, /^state: must be one of "active", "inactive"$/],
    ['an unknown kind of credential', { traits: {}, credentials: { oidc: {} } }, /^credentials\.oidc: is not a known/],
    ['a list', [], /^the body: must be an object$/],
    ['null', 'null', /^the body: must be an object$/],
    ['an empty body', '', /^the body: must be an object$/],
    ['an organization', { traits: {}, organization_id: randomUUID() }, /^organization_id: must be null$/],
    ['a long external id', { traits: {}, external_id: 'x'.repeat(256) }, /^external_id: must have at most 255/],
    [
      'an address that is not in the traits',
      { traits: { email: 'b@example.test' }, recovery_addresses: [{ value: 'c@example.test', via: 'email' }] },
      /^recovery_addresses\.0\.value: is not one of the recovery addresses in the traits$/,
    ],
    [
      'an unknown hash',
      { traits: { email: 'a@example.test' }, credentials: { password: { config: { hashed_password: 'nonsense' } } } },
      /^credentials\.password\.config\.hashed_password: is not in a known hash format/,
    ],
    [
      'a hash that costs gigabytes to verify',
      {
        traits: { email: 'a@example.test' },
        credentials: {
          password: { config: { hashed_password: `$argon2id$v=19$m=4194304,t=9,p=1$c2FsdHNhbHQ$${'A'.repeat(43)}` } },
        },
      },
      /^credentials\.password\.config\.hashed_password: is broken, or costs too much/,
    ],
    [
      'two passwords',
      {
        traits: { email: 'a@example.test' },
        credentials: { password: { config: { password: 'x', hashed_password: BCRYPT } } },
      },
      /^credentials\.password\.config: give either/,
    ],
    ['a NUL in a trait', { traits: { email: 'a\u0000@example.test' } }, /^traits\.email: has a character/],
    ['a NUL in metadata', { traits: {}, metadata_admin: { a: ['\u0000'] } }, /^metadata_admin\.a\.0: has a character/],
    [
      'a NUL in a field name',
      { traits: {}, metadata_admin: { 'a\u0000': 1 } },
      /^metadata_admin: has a field with a name/,
    ],
    ['half a surrogate pair', '{"traits":{},"metadata_public":"\\ud800"}', /^metadata_public: has a character/],
    ['a number without end', '{"traits":{},"metadata_public":1e999}', /^metadata_public: is too large a number$/],
    ['deep nesting', `{"traits":{},"metadata_public":${'['.repeat(60)}${']'.repeat(60)}}`, /nested/],
    ['absurd nesting', `{"traits":{},"metadata_public":${'['.repeat(90_000)}${']'.repeat(90_000)}}`, /nested/],
    ['__proto__', '{"traits":{},"metadata_public":{"__proto__":{"x":1}}}', /__proto__/],
    ['malformed JSON', '{"schema_id":', /not valid JSON/],
    ['a very long login name', { traits: { email: `${'a'.repeat(100_000)}@example.test` } }, /^traits\.email: /],
  ])('answers 400 for %s, naming the field', async (_, body, reason) => {
    expect(reasonOf(await post(body))).toMatch(reason);
  });

  it('refuses a look-alike of an address instead of taking it for the same person', async () => {
    await created({ traits: { email: 'mike@look-alike.test' } });
    for (const email of ['m\u0131ke@look-alike.test', 'mi\u212Ae@look-alike.test', 'mike@look-al\u0131ke.test']) {
      expect(reasonOf(await post({ traits: { email } }))).toMatch(/^traits\.email: must be an e-mail address/);
    }
  });
});

describe('POST /identities with Idempotency-Key', () => {
  it('answers the same request with the same identity, and another one with 422', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { traits: { email: mail() }, credentials: { password: { config: { password: 'correct horse' } } } };
    const [first, second] = [await post(body, headers), await post(body, headers)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    const other = await post({ traits: { email: mail() } }, headers);
    expect(other).toMatchObject({ status: 422, body: { error: { code: 422 } } });
  });

  it('creates once, however many ask at once', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { traits: { email: mail() } };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(body, headers)));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => (answer.body as { id: string }).id)).size).toBe(1);
  });

  it('keeps nothing of a request that failed', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const email = mail();
    const { id } = await created({ traits: { email } });
    expect((await post({ traits: { email } }, headers)).status).toBe(409);
    await app.call('DELETE', `/admin/identities/${id}`);
    expect((await post({ traits: { email } }, headers)).status).toBe(201);
  });

  it('says so when what it created has been deleted', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { traits: { email: mail() } };
    const { id } = (await post(body, headers)).body as { id: string };
    await app.call('DELETE', `/admin/identities/${id}`);
    expect((await post(body, headers)).status).toBe(410);
  });

  it('refuses a key that is too long or not visible ASCII', async () => {
    for (const key of ['x'.repeat(256), 'a b', '\u00e9']) {
      const answer = await post({ traits: { email: mail() } }, { 'idempotency-key': key });
      expect(reasonOf(answer)).toMatch(/^Idempotency-Key: /);
    }
  });
});

describe('GET /identities/:id', () => {
  it('shows an administrator everything, also without the /admin prefix', async () => {
    const { id } = await created();
    const answer = await app.call('GET', `/admin/identities/${id}`);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body)).toEqual([
      ...IDENTITY_KEYS.slice(0, 10),
      'metadata_admin',
      ...IDENTITY_KEYS.slice(10),
    ]);
    expect((await app.call('GET', `/identities/${id.toUpperCase()}`)).body).toEqual(answer.body);
  });

  it.each([randomUUID(), 'not-a-uuid', '%00', `${randomUUID()}%00`, '%F0%9F%98%80', "'--"])(
    'answers 404 for %s',
    async (id) => {
      for (const [method, rest, body] of [
        ['GET', '', undefined],
        ['PUT', '', { traits: { email: 'a@example.test' } }],
        ['PATCH', '', []],
        ['DELETE', '', undefined],
        ['DELETE', '/credentials/password', undefined],
      ] as const) {
        const answer = await app.call(method, `/admin/identities/${id}${rest}`, body);
        expect(answer).toMatchObject({ status: 404, body: { error: { code: 404, status: 'Not Found' } } });
      }
    },
  );

  it('refuses an unknown include_credential', async () => {
    const { id } = await created();
    expect(reasonOf(await app.call('GET', `/admin/identities/${id}?include_credential=nope`))).toMatch(
      /^include_credential: must be one of password/,
    );
  });
});

describe('PUT /identities/:id', () => {
  it('replaces traits and metadata, keeps state, schema and password, and answers 200', async () => {
    const { id } = await created({
      traits: { email: mail() },
      state: 'inactive',
      external_id: mail('ext'),
      metadata_public: { a: 1 },
      credentials: { password: { config: { hashed_password: BCRYPT } } },
    });
    const email = mail('changed');
    const answer = await app.call('PUT', `/admin/identities/${id}`, { traits: { email } });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body)).toEqual(IDENTITY_KEYS);
    expect(answer.body).toMatchObject({
      id,
      state: 'inactive',
      schema_id: 'default',
      traits: { email },
      metadata_public: null,
      credentials: { password: { identifiers: [email] } },
      verifiable_addresses: [{ value: email, verified: false }],
    });
    const { body } = await app.call('GET', `/admin/identities/${id}?include_credential=password`);
    expect(body).toMatchObject({ credentials: { password: { config: { hashed_password: BCRYPT } } } });
  });

  it('sets a password, a state and another schema', async () => {
    const email = mail();
    const { id } = await created({ traits: { email } });
    const put = { schema_id: 'two-address', traits: { email, phone: '+15550101' }, state: 'inactive' };
    const credentials = { password: { config: { password: 'another one' } } };
    expect(await app.call('PUT', `/admin/identities/${id}`, { ...put, credentials })).toMatchObject({
      status: 200,
      body: { schema_id: 'two-address', state: 'inactive', recovery_addresses: [{ value: email }, { via: 'sms' }] },
    });
    const { body } = await app.call('GET', `/admin/identities/${id}?include_credential=password`);
    expect(JSON.stringify(body)).toContain('$argon2id$');
  });

  it('answers 400 for bad traits and unknown fields, 409 for a taken name, and changes nothing then', async () => {
    const [email, taken] = [mail(), mail()];
    const { id } = await created({ traits: { email } });
    await created({ traits: { email: taken } });
    const put = (body: JsonObject) => app.call('PUT', `/admin/identities/${id}`, body);
    expect(reasonOf(await put({ traits: { email: 'x' } }))).toMatch(
      /^traits\.email: must have at least 3 characters; /,
    );
    expect(reasonOf(await put({ traits: { email }, verifiable_addresses: [] }))).toMatch(/^verifiable_addresses: /);
    expect((await put({ traits: { email: taken }, state: 'inactive' })).status).toBe(409);
    expect((await app.call('GET', `/admin/identities/${id}`)).body).toMatchObject({
      traits: { email },
      state: 'active',
    });
  });
});

describe('DELETE', () => {
  it('an identity: 204, then 404, and its address is free', async () => {
    const email = mail();
    const { id } = await created({ traits: { email } });
    expect(await app.call('DELETE', `/admin/identities/${id}`)).toMatchObject({ status: 204, body: undefined });
    expect((await app.call('DELETE', `/admin/identities/${id}`)).status).toBe(404);
    await created({ traits: { email } });
  });

  it('a credential: 400 for the last one to sign in with, 404 for one that is not there, else 204', async () => {
    const { id } = await created();
    const path = `/admin/identities/${id}/credentials`;
    expect(reasonOf(await app.call('DELETE', `${path}/password`))).toMatch(/only credential to sign in with/);
    for (const type of ['bogus', 'totp', '%00', 'x'.repeat(90)]) {
      expect((await app.call('DELETE', `${path}/${type}`)).status).toBe(404);
    }
    await db.pool.query(
      "INSERT INTO credentials (identity_id, type, created_at, updated_at) VALUES ($1, 'totp', now(), now())",
      [id],
    );
    expect((await app.call('DELETE', `${path}/totp`)).status).toBe(204);
    expect((await app.call('DELETE', `${path}/totp`)).status).toBe(404);
  });
});

describe('PATCH /identities (batch)', () => {
  const batch = (body: unknown): Promise<Answer> => app.call('PATCH', '/admin/identities', body);

  it('creates what it can, in order, and reports the rest in its place', async () => {
    const [email, patchIds] = [mail('batch'), [randomUUID(), randomUUID()]];
    const answer = await batch({
      identities: [
        { create: { traits: { email } }, patch_id: patchIds[0] },
        { create: { traits: { email } }, patch_id: patchIds[1] },
        { create: { traits: { email: 'bad' } } },
        { create: { traits: { email: mail() }, bogus: 1 } },
        { patch_id: randomUUID() },
        { create: { traits: { email: mail('batch') }, credentials: { password: { config: { password: 'p' } } } } },
      ],
    });
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
    const reason = expect.any(String) as string;
    const message = expect.any(String) as string;
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.body).toEqual({
      identities: [
        { action: 'create', identity: id, patch_id: patchIds[0] },
        { action: 'error', patch_id: patchIds[1], error: { code: 409, status: 'Conflict', reason, message } },
        {
          action: 'error',
          error: {
            code: 400,
            status: 'Bad Request',
            reason: expect.stringMatching(/^traits\.email: /) as string,
            message,
          },
        },
        {
          action: 'error',
          error: { code: 400, status: 'Bad Request', reason: 'bogus: is not a known field', message },
        },
        null,
        { action: 'create', identity: id },
      ],
    });
    const [first] = (answer.body as { identities: { identity: string }[] }).identities;
    expect((await app.call('GET', `/admin/identities/${first?.identity}`)).body).toMatchObject({ traits: { email } });
  });

  it('of nothing is nothing', async () => {
    expect(await batch({ identities: [] })).toMatchObject({ status: 200, body: { identities: [] } });
  });

  it('takes 1,000 items, and not one more', async () => {
    const items = (n: number) => Array.from({ length: n }, () => ({ create: { traits: { email: mail('many') } } }));
    const { body } = await batch({ identities: items(1_000) });
    const actions = (body as { identities: { action: string }[] }).identities.map((item) => item.action);
    expect(new Set(actions)).toEqual(new Set(['create']));
    expect(actions).toHaveLength(1_000);
    expect(reasonOf(await batch({ identities: items(1_001) }))).toBe('identities: must have at most 1000 entries');
  });

  it('answers 400 for a body of another form', async () => {
    expect(reasonOf(await batch({ identities: [{ create: {}, patch_id: 'abc' }] }))).toBe(
      'identities.0.patch_id: must be a UUID',
    );
    expect(reasonOf(await batch({}))).toBe('identities: is missing');
    expect(reasonOf(await batch([]))).toBe('the body: must be an object');
    expect(reasonOf(await batch({ identities: [{ create: { traits: { email: '\u0000' } } }] }))).toMatch(
      /^identities\.0\.create\.traits\.email: has a character/,
    );
  });
});

describe('GET /schemas', () => {
  it('lists them with Link and X-Total-Count, and gives each under its id and its URL', async () => {
    const list = await app.call('GET', '/schemas');
    expect(list.status).toBe(200);
    expect(list.headers.get('x-total-count')).toBe('2');
    expect(list.headers.get('link')).toBe(
      '</schemas?page=0&page_size=2&page_token=eyJvZmZzZXQiOiIwIiwidiI6Mn0&per_page=2>; rel="first"',
    );
    const [first] = list.body as { id: string; schema: JsonObject }[];
    expect(first?.id).toBe('default');
    for (const path of ['/schemas/default', '/schemas/ZGVmYXVsdA']) {
      expect(await app.call('GET', path)).toMatchObject({ status: 200, body: first?.schema });
    }
    for (const path of ['/schemas/nope', '/schemas/__proto__', '/schemas/%00']) {
      expect((await app.call('GET', path)).status).toBe(404);
    }
  });
});
