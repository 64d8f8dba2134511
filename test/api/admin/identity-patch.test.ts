import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../schemas/json.js';
import { startAdminApp } from '../../support/admin-app.js';
import type { AdminApp, Answer } from '../../support/admin-app.js';
import { freshDatabase } from '../../support/postgres.js';
import type { FreshDatabase } from '../../support/postgres.js';

let db: FreshDatabase;
let app: AdminApp;
let id: string;
let count = 0;
beforeAll(async () => {
  db = await freshDatabase();
  app = await startAdminApp(db.pool);
  id = await createPerson();
});
afterAll(async () => {
  await app.close();
  await db.drop();
});

async function createPerson(): Promise<string> {
  const body = {
    traits: { email: `patch-${(count += 1)}@example.test`, name: { first: 'Ada' } },
    metadata_public: { list: [1, 2, 3], deep: { a: 1 } },
  };
  return ((await app.call('POST', '/admin/identities', body)).body as { id: string }).id;
}

const patch = (operations: unknown, who = id): Promise<Answer> =>
  app.call('PATCH', `/admin/identities/${who}`, operations);
const read = async (who = id): Promise<JsonObject> => (await app.call('GET', `/admin/identities/${who}`)).body;

describe('PATCH /identities/:id', () => {
  it('replaces, adds, removes, moves and copies, and answers 200 with the whole identity', async () => {
    const answer = await patch([
      { op: 'replace', path: '/state', value: 'inactive' },
      { op: 'replace', path: '/metadata_admin', value: { note: 1 } },
      { op: 'add', path: '/traits/name/last', value: 'L' },
      { op: 'add', path: '/metadata_public/list/-', value: 4 },
      { op: 'add', path: '/metadata_public/list/0', value: 0 },
      { op: 'remove', path: '/metadata_public/list/2' },
      { op: 'move', from: '/metadata_public/deep/a', path: '/metadata_public/moved' },
      { op: 'copy', from: '/metadata_public/moved', path: '/metadata_public/a~1b' },
      { op: 'add', path: '/external_id', value: 'ext-1' },
    ]);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      external_id: 'ext-1',
      state: 'inactive',
      traits: { name: { first: 'Ada', last: 'L' } },
      metadata_public: { list: [0, 1, 3, 4], deep: {}, moved: 1, 'a/b': 1 },
      metadata_admin: { note: 1 },
    });
    expect(await read()).toEqual(answer.body);
  });

  it('of nothing changes nothing but the time', async () => {
    const before = await read();
    const after = (await patch([])).body as JsonObject;
    expect({ ...after, updated_at: before.updated_at }).toEqual(before);
  });

  it('gives a new address to a new name, and 409 for one that is taken', async () => {
    const other = await createPerson();
    const { traits } = await read();
    const op = { op: 'replace', path: '/traits/email' };
    expect((await patch([{ ...op, value: (traits as { email: string }).email }], other)).status).toBe(409);
    const changed = await patch([{ ...op, value: 'fresh@example.test' }], other);
    expect(changed.body).toMatchObject({
      credentials: { password: { identifiers: ['fresh@example.test'] } },
      recovery_addresses: [{ value: 'fresh@example.test' }],
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['test', [{ op: 'test', path: '/state', value: 'active' }], /^0\.op: must be one of "add", /],
    ['an unknown operation', [{ op: 'frobnicate', path: '/state' }], /^0\.op: must be one of/],
    ['no list', { state: 'active' }, /^the body: must be an array$/],
    ['no path', [{ op: 'remove' }], /^0\.path: is missing$/],
    ['no value', [{ op: 'add', path: '/state' }], /^0\.value: is missing$/],
    ['no source', [{ op: 'copy', path: '/metadata_public/x' }], /^0\.from: is missing$/],
    ['a bad state', [{ op: 'replace', path: '/state', value: 'bogus' }], /^state: must be one of/],
    ['a state that goes', [{ op: 'remove', path: '/state' }], /^state: is missing$/],
    ['a bad trait', [{ op: 'replace', path: '/traits/email', value: 'x' }], /^traits\.email: must/],
    ['traits that are none', [{ op: 'replace', path: '/traits', value: 7 }], /^traits: must be an object$/],
    ['an unknown schema', [{ op: 'replace', path: '/schema_id', value: 'nope' }], /^schema_id: there is no/],
    ['a place that is not there', [{ op: 'replace', path: '/traits/nope', value: 1 }], /^0\.path: there is nothing/],
    ['an index past the end', [{ op: 'remove', path: '/metadata_public/list/99' }], /^0|^path/],
    ['a negative index', [{ op: 'replace', path: '/metadata_public/list/-1', value: 1 }], /not a place/],
    ['an index that is a word', [{ op: 'replace', path: '/metadata_public/list/length', value: 0 }], /not a place/],
    ['a place inside a value', [{ op: 'add', path: '/state/x', value: 1 }], /not a place/],
    ['no JSON Pointer', [{ op: 'add', path: 'state', value: 1 }], /^0\.path: must be a JSON Pointer/],
    ['a NUL', [{ op: 'replace', path: '/metadata_public', value: '\u0000' }], /^0\.value: has a character/],
    ['a NUL in the path', [{ op: 'add', path: '/metadata_public/\u0000', value: 1 }], /^0\.path: has a character/],
    ['too many operations', Array(101).fill({ op: 'remove', path: '/x' }), /^the body: must have at most 100 entries$/],
  ])('answers 400 for %s', async (_, operations, reason) => {
    const before = await read();
    const answer = await patch(operations);
    expect(answer).toMatchObject({ status: 400, body: { error: { reason: expect.stringMatching(reason) as string } } });
    expect(await read()).toEqual(before);
  });

  it.each([
    '',
    '/',
    '/id',
    '/id/x',
    '/credentials',
    '/credentials/password/config',
    '/verifiable_addresses/0/verified',
    '/recovery_addresses/0/value',
    '/created_at',
    '/updated_at',
    '/state_changed_at',
    '/schema_url',
    '/organization_id',
    '/nope',
    '/__proto__/polluted',
    '/constructor/prototype/polluted',
  ])('refuses the path "%s" in every position', async (path) => {
    const before = await read();
    for (const operation of [
      { op: 'add', path, value: 'x' },
      { op: 'replace', path, value: 'x' },
      { op: 'remove', path },
      { op: 'move', from: '/metadata_public', path },
      { op: 'copy', from: path, path: '/metadata_public' },
      { op: 'move', from: path, path: '/metadata_public' },
    ]) {
      expect((await patch([operation])).status).toBe(400);
    }
    expect(await read()).toEqual(before);
  });

  it('reaches nothing that JavaScript objects inherit', async () => {
    const functions = [Object.prototype.hasOwnProperty, Object.prototype.toString, Array.prototype.push];
    const calls = functions.map((inherited) => inherited.call);
    for (const path of [
      '/metadata_public/__proto__/polluted',
      '/metadata_public/__proto__',
      '/metadata_public/constructor/prototype/polluted',
      '/metadata_public/hasOwnProperty/call',
      '/metadata_public/toString/polluted',
      '/metadata_public/list/push/call',
      '/metadata_public/nope/hasOwnProperty/call',
      '/traits/email/toString/polluted',
    ]) {
      expect((await patch([{ op: 'add', path, value: 'polluted' }])).status).toBe(400);
      expect((await patch([{ op: 'replace', path, value: 'polluted' }])).status).toBe(400);
    }
    for (const operation of [
      { op: 'replace', path: '/metadata_public/valueOf', value: 1 },
      { op: 'remove', path: '/metadata_public/valueOf' },
      { op: 'copy', from: '/metadata_public/valueOf', path: '/metadata_public/x' },
      { op: 'move', from: '/metadata_public/list/push', path: '/metadata_public/x' },
    ]) {
      expect((await patch([operation])).status).toBe(400);
    }
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
    expect(functions.map((inherited) => inherited.call)).toEqual(calls);
    expect(functions.every((inherited) => !('polluted' in inherited))).toBe(true);
    const own = await patch([{ op: 'add', path: '/metadata_public/toString', value: 'mine' }]);
    expect(own.body).toMatchObject({ metadata_public: { toString: 'mine' } });
  });

  it('refuses copies that double and double, at once', async () => {
    const operations = Array.from({ length: 60 }, (_, n) => ({
      op: 'copy',
      from: '/metadata_public',
      path: `/metadata_public/c${n}`,
    }));
    const answer = await patch(operations);
    expect(answer).toMatchObject({ status: 400 });
    expect(JSON.stringify(answer.body)).toMatch(/grow too large|nested too deeply/);
  });

  it('keeps patches of the same identity at the same time apart', async () => {
    const who = await createPerson();
    await patch([{ op: 'add', path: '/metadata_public', value: { list: [] } }], who);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => patch([{ op: 'add', path: '/metadata_public/list/-', value: n }], who)),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    const { metadata_public: metadata } = (await read(who)) as { metadata_public: { list: number[] } };
    expect([...metadata.list].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });
});
