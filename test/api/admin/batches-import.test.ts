import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BCRYPT, BCRYPT_OF, batchOf, rowsOf, untilState, upload } from '../../support/batches.js';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { createPerson, signIn } from '../../support/story.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

const mark = () => randomUUID().slice(0, 8);
const people = async (like: string): Promise<any[]> =>
  (
    await harness.pool.query(`SELECT * FROM identities WHERE traits ->> 'email' LIKE $1 ORDER BY traits ->> 'email'`, [
      like,
    ])
  ).rows;

describe('a batch of imports', () => {
  it('imports a thousand people, who sign in with the passwords that they had', async () => {
    const m = mark();
    const lines = Array.from({ length: 1_000 }, (_, n) => `p${n}-${m}@example.test,Name ${n},${BCRYPT},true`);
    const answer = await upload(
      harness,
      'kind=import',
      `email,name.first,hashed_password,email_verified\n${lines.join('\n')}\n`,
    );
    expect(answer.status, answer.text).toBe(202);
    expect(answer.headers.get('location')).toContain(`/admin/batches/${answer.json.id}`);
    expect(answer.json.progress).toMatchObject({ total: 1_000, bad: 0 });
    const done = await untilState(harness, answer.json.id, 'done');
    expect(done.progress).toMatchObject({ total: 1_000, bad: 0, done: 1_000, failed: 0, left: 0 });
    expect(await people(`p%-${m}@example.test`)).toHaveLength(1_000);
    expect((await signIn(harness, `p7-${m}@example.test`, BCRYPT_OF)).status).toBe(200);
    const { rows } = await harness.pool.query(
      'SELECT count(*)::int AS kept FROM batch_rows WHERE batch_id = $1 AND payload IS NOT NULL',
      [answer.json.id],
    );
    expect(rows[0].kept).toBe(0);
  });

  it('says of each bad row why, and imports the others', async () => {
    const m = mark();
    const known = await createPerson(harness);
    const again = await upload(
      harness,
      'kind=import',
      [
        'email;hashed_password;external_id;name.first',
        `good-${m}@example.test;${BCRYPT};;"Two\nlines"`,
        'not an address;;;',
        `GOOD-${m}@example.test;;;`,
        `${known.email};;;`,
        `hash-${m}@example.test;rubbish;;`,
        `cells-${m}@example.test`,
        `also-${m}@example.test;;x-${m};`,
        `third-${m}@example.test;;x-${m};`,
        '',
      ].join('\r\n'),
    );
    expect(again.status, again.text).toBe(202);
    const done = await untilState(harness, again.json.id, 'done');
    expect(done.progress).toMatchObject({ total: 8, bad: 6, done: 2, failed: 0, left: 0 });
    const bad = await rowsOf(harness, again.json.id, 'bad');
    expect(bad.map(({ number, line }) => [number, line])).toEqual([
      [2, 4],
      [3, 5],
      [4, 6],
      [5, 7],
      [6, 8],
      [8, 10],
    ]);
    expect(bad.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/traits\.email/),
      'row 1 has the same login name',
      'another identity has this login name',
      expect.stringMatching(/hash format/),
      'has 1 cells, where 4 columns are named',
      'row 7 has the same external id',
    ]);
    expect(JSON.stringify(bad)).not.toContain('example.test');
    const [, good] = await people(`%-${m}@example.test`);
    expect(good.traits.name.first).toBe('Two\nlines');
  });

  it('reads what Kratos, Auth0 and Keycloak export', async () => {
    const m = mark();
    const id = randomUUID();
    const imported = async (format: string, row: object): Promise<any> => {
      const answer = await upload(harness, `kind=import&format=${format}`, `${JSON.stringify(row)}\n`, {
        'content-type': 'application/x-ndjson',
      });
      expect(answer.status, answer.text).toBe(202);
      await untilState(harness, answer.json.id, 'done');
      expect(await rowsOf(harness, answer.json.id, 'bad')).toEqual([]);
      const [row1] = await rowsOf(harness, answer.json.id, 'done');
      return (await harness.admin('GET', `/admin/identities/${row1.identity_id}?include_credential=password`)).json;
    };
    const kratos = await imported('kratos', {
      id,
      schema_id: 'default',
      schema_url: 'http://old/schemas/default',
      state: 'active',
      traits: { email: `kratos-${m}@example.test` },
      verifiable_addresses: [
        {
          id: randomUUID(),
          value: `kratos-${m}@example.test`,
          verified: true,
          via: 'email',
          status: 'completed',
          verified_at: '2024-01-02T03:04:05Z',
        },
      ],
      recovery_addresses: [{ id: randomUUID(), value: `kratos-${m}@example.test`, via: 'email' }],
      credentials: {
        password: {
          type: 'password',
          identifiers: [`kratos-${m}@example.test`],
          config: { hashed_password: BCRYPT },
          version: 0,
        },
      },
      created_at: '2024-01-01T00:00:00Z',
    });
    expect(kratos.id).toBe(id);
    expect(kratos.verifiable_addresses[0]).toMatchObject({
      verified: true,
      verified_at: expect.stringMatching(/^2024-01-02/),
    });
    expect((await signIn(harness, `kratos-${m}@example.test`, BCRYPT_OF)).status).toBe(200);

    const auth0 = await imported('auth0', {
      _id: { $oid: '60425dc43519d90068f82973' },
      email_verified: false,
      email: `auth0-${m}@example.test`,
      passwordHash: BCRYPT,
      password_set_date: { $date: '2021-03-05T16:34:28.502Z' },
      tenant: 'acme',
      connection: 'Username-Password-Authentication',
      user_metadata: { plan: 'b' },
    });
    expect(auth0).toMatchObject({ external_id: 'auth0|60425dc43519d90068f82973', metadata_public: { plan: 'b' } });
    expect(auth0.verifiable_addresses[0].verified).toBe(false);

    const { pbkdf2Sync } = await import('node:crypto');
    const salt = Buffer.from('0123456789abcdef');
    const keycloak = await imported('keycloak', {
      id: randomUUID(),
      username: 'k',
      email: `keycloak-${m}@example.test`,
      emailVerified: true,
      enabled: true,
      firstName: 'Ada',
      lastName: 'L',
      credentials: [
        {
          type: 'password',
          secretData: JSON.stringify({
            value: pbkdf2Sync('a keycloak password', salt, 1_000, 64, 'sha256').toString('base64'),
            salt: salt.toString('base64'),
          }),
          credentialData: JSON.stringify({
            hashIterations: 1_000,
            algorithm: 'pbkdf2-sha256',
            additionalParameters: {},
          }),
        },
      ],
    });
    expect(keycloak.traits.name).toEqual({ first: 'Ada', last: 'L' });
    expect((await signIn(harness, `keycloak-${m}@example.test`, 'a keycloak password')).status).toBe(200);
  });

  it('runs the same upload with the same key once, and refuses another with that key', async () => {
    const m = mark();
    const body = `email\nonce-${m}@example.test\n`;
    const headers = { 'idempotency-key': randomUUID() };
    const [first, second] = await Promise.all([
      upload(harness, 'kind=import', body, headers),
      upload(harness, 'kind=import', body, headers),
    ]);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.json.id).toBe(first.json.id);
    const done = await untilState(harness, first.json.id, 'done');
    expect(done.progress).toMatchObject({ total: 1, done: 1 });
    expect((await upload(harness, 'kind=import', `email\nother-${m}@example.test\n`, headers)).status).toBe(422);
    const { rows } = await harness.pool.query(
      'SELECT count(*)::int AS n FROM batch_rows WHERE batch_id <> $1 AND payload IS NOT NULL',
      [first.json.id],
    );
    expect(rows[0].n).toBe(0);
  });

  it('checks only when it is a dry run, and begins when it is resumed', async () => {
    const m = mark();
    const answer = await upload(harness, 'kind=import&dry_run=true', `email\ndry-${m}@example.test\nbroken\n`);
    expect(answer.json).toMatchObject({ state: 'ready', progress: { total: 2, bad: 1, left: 1 } });
    expect(await people(`dry-${m}@%`)).toEqual([]);
    const paused = await harness.admin('POST', `/admin/batches/${answer.json.id}/pause`);
    expect(paused.status).toBe(409);
    expect(paused.json.error).toMatchObject({ id: 'batch_state_conflict', details: { state: 'ready' } });
    expect((await harness.admin('POST', `/admin/batches/${answer.json.id}/resume`)).status).toBe(200);
    await untilState(harness, answer.json.id, 'done');
    expect(await people(`dry-${m}@%`)).toHaveLength(1);
    expect((await harness.admin('POST', `/admin/batches/${answer.json.id}/cancel`)).status).toBe(409);
  });

  it('says which rows failed after the check, and retries them when told', async () => {
    const m = mark();
    const email = `late-${m}@example.test`;
    const answer = await upload(harness, 'kind=import&dry_run=true', `email\n${email}\nfine-${m}@example.test\n`);
    const rival = await harness.admin('POST', '/admin/identities', { body: { traits: { email } } });
    await harness.admin('POST', `/admin/batches/${answer.json.id}/resume`);
    const done = await untilState(harness, answer.json.id, 'done');
    expect(done.progress).toMatchObject({ done: 1, failed: 1 });
    const [failed] = await rowsOf(harness, answer.json.id, 'failed');
    expect(failed).toMatchObject({ number: 1, attempts: 1, reason: expect.stringMatching(/another identity/i) });
    await harness.admin('DELETE', `/admin/identities/${rival.json.id}`);
    expect((await harness.admin('POST', `/admin/batches/${answer.json.id}/retry`)).status).toBe(200);
    await expect.poll(async () => (await batchOf(harness, answer.json.id)).progress.done, { timeout: 15_000 }).toBe(2);
    await untilState(harness, answer.json.id, 'done');
  });

  it('lists batches newest first, a page at a time', async () => {
    const page = await harness.admin('GET', '/admin/batches?page_size=1');
    expect(page.json).toHaveLength(1);
    const next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
    const second = await harness.admin('GET', next);
    expect(second.json[0].id).not.toBe(page.json[0].id);
    expect(second.json[0].created_at <= page.json[0].created_at).toBe(true);
  });
});
