import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import type { Answer } from '../../support/http.js';
import { createPerson, signIn, whoamiStatus } from '../../support/story.js';
import type { Person } from '../../support/story.js';

const PASSWORD = 'old-horse-battery-1';
const HOUR = 3_600_000;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    workers: false,
    config: {
      session: { lifespan: '24h', earliest_possible_extend: '2h' },
      feature_flags: { cacheable_sessions: true, cacheable_sessions_max_age: '10m' },
    },
  });
});
afterAll(() => harness.stop());

interface SignedIn {
  id: string;
  token: string;
}

async function open(person: Person): Promise<SignedIn> {
  const { json } = await signIn(harness, person.email, PASSWORD);
  return { id: json.session.id as string, token: json.session_token as string };
}

const as = (session: SignedIn, method: string, path: string): Promise<Answer> =>
  harness.api(method, path, { headers: { 'x-session-token': session.token } });
const ids = (answer: Answer): string[] => (answer.json as { id: string }[]).map(({ id }) => id);

describe('GET /sessions', () => {
  it("lists the person's other live sessions, newest first, in pages", async () => {
    const [person, stranger] = [await createPerson(harness, PASSWORD), await createPerson(harness, PASSWORD)];
    const [first, second, third, ended] = [
      await open(person),
      await open(person),
      await open(person),
      await open(person),
    ];
    await open(stranger);
    expect((await as(first, 'DELETE', `/sessions/${ended.id}`)).status).toBe(204);
    const answer = await as(first, 'GET', '/sessions');
    expect(answer.status).toBe(200);
    expect(ids(answer)).toEqual([third.id, second.id]);
    expect(answer.headers.get('x-total-count')).toBe('2');
    expect(answer.json[0]).toMatchObject({
      active: true,
      authentication_methods: [{ method: 'password', aal: 'aal1' }],
      identity: { id: person.id, traits: { email: person.email } },
      devices: [{ ip_address: '127.0.0.1' }],
    });
    const page = await as(first, 'GET', '/sessions?page_size=1');
    expect(ids(page)).toEqual([third.id]);
    const next = /<([^>]*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
    expect(ids(await as(first, 'GET', next))).toEqual([second.id]);
  });

  it('asks for a session', async () => {
    expect((await harness.api('GET', '/sessions')).status).toBe(401);
    expect((await harness.api('DELETE', '/sessions')).status).toBe(401);
    expect((await harness.api('DELETE', `/sessions/${randomUUID()}`)).status).toBe(401);
  });
});

describe('DELETE /sessions', () => {
  it("ends the person's other sessions, says how many, and leaves this one and other people's", async () => {
    const [person, stranger] = [await createPerson(harness, PASSWORD), await createPerson(harness, PASSWORD)];
    const [here, there, elsewhere] = [await open(person), await open(person), await open(person)];
    const theirs = await open(stranger);
    const answer = await as(here, 'DELETE', '/sessions');
    expect(answer).toMatchObject({ status: 200, json: { count: 2 } });
    expect(await whoamiStatus(harness, here.token)).toBe(200);
    expect(await whoamiStatus(harness, theirs.token)).toBe(200);
    for (const ended of [there, elsewhere]) expect(await whoamiStatus(harness, ended.token)).toBe(401);
    expect((await as(here, 'DELETE', '/sessions')).json).toEqual({ count: 0 });
  });
});

describe('DELETE /sessions/{id}', () => {
  it('ends one other session, repeatably', async () => {
    const person = await createPerson(harness, PASSWORD);
    const [here, there, elsewhere] = [await open(person), await open(person), await open(person)];
    for (let round = 0; round < 2; round += 1) {
      expect((await as(here, 'DELETE', `/sessions/${there.id}`)).status).toBe(204);
    }
    expect(await whoamiStatus(harness, there.token)).toBe(401);
    expect(await whoamiStatus(harness, elsewhere.token)).toBe(200);
  });

  it("refuses this session, an id that is none, and other people's sessions", async () => {
    const [person, stranger] = [await createPerson(harness, PASSWORD), await createPerson(harness, PASSWORD)];
    const [here, theirs] = [await open(person), await open(stranger)];
    expect((await as(here, 'DELETE', `/sessions/${here.id}`)).status).toBe(400);
    expect((await as(here, 'DELETE', '/sessions/nope')).status).toBe(400);
    expect((await as(here, 'DELETE', `/sessions/${theirs.id}`)).status).toBe(404);
    expect((await as(here, 'DELETE', `/sessions/${randomUUID()}`)).status).toBe(404);
    expect(await whoamiStatus(harness, theirs.token)).toBe(200);
    expect(await whoamiStatus(harness, here.token)).toBe(200);
  });
});

describe('/sessions/whoami', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('answers %s', async (method) => {
    const person = await createPerson(harness, PASSWORD);
    const session = await open(person);
    const answer = await as(session, method, '/sessions/whoami');
    expect(answer).toMatchObject({ status: 200, json: { id: session.id, identity: { id: person.id } } });
    expect(answer.headers.get('x-kratos-authenticated-identity-id')).toBe(person.id);
  });

  it('answers HEAD with the headers alone', async () => {
    const person = await createPerson(harness, PASSWORD);
    const answer = await as(await open(person), 'HEAD', '/sessions/whoami');
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.headers.get('x-kratos-authenticated-identity-id')).toBe(person.id);
    expect((await harness.api('HEAD', '/sessions/whoami')).status).toBe(401);
  });

  it('is never kept by a browser or shared cache, and tells a cache in front how long it holds', async () => {
    const person = await createPerson(harness, PASSWORD);
    const session = await open(person);
    const answer = await as(session, 'GET', '/sessions/whoami');
    expect(answer.headers.get('cache-control')).toBe('private, no-cache, no-store, must-revalidate');
    expect(answer.headers.get('vary')).toContain('Cookie');
    expect(answer.headers.get('ory-session-cache-for')).toBe('600');
    harness.clock.ahead = 24 * HOUR - 60_000;
    try {
      const late = await as(session, 'GET', '/sessions/whoami');
      const seconds = Number(late.headers.get('ory-session-cache-for'));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(60);
    } finally {
      harness.clock.ahead = 0;
    }
    // Nobody at all may be remembered for a minute; a token that is not good (any more) must be asked about again.
    const nobody = await harness.api('GET', '/sessions/whoami');
    expect(nobody.headers.get('ory-session-cache-for')).toBe('60');
    const wrong = await as({ id: '', token: `ory_st_${'0'.repeat(32)}` }, 'GET', '/sessions/whoami');
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('ory-session-cache-for')).toBeNull();
  });
});

describe('PATCH /admin/sessions/{id}/extend', () => {
  const extend = (id: string): Promise<Answer> => harness.admin('PATCH', `/admin/sessions/${id}/extend`);

  it('changes nothing while there is more time left than session.earliest_possible_extend', async () => {
    const person = await createPerson(harness, PASSWORD);
    const session = await open(person);
    const before = (await as(session, 'GET', '/sessions/whoami')).json.expires_at as string;
    const answer = await extend(session.id);
    expect(answer).toMatchObject({ status: 200, json: { id: session.id, active: true, identity: { id: person.id } } });
    expect(answer.json.expires_at).toBe(before);
  });

  it('lets a session that ends soon go on for a whole lifespan, and the browser with it', async () => {
    const person = await createPerson(harness, PASSWORD);
    const session = await open(person);
    harness.clock.ahead = 23 * HOUR;
    try {
      const answer = await extend(session.id);
      expect(answer.status).toBe(200);
      const left = Date.parse(answer.json.expires_at as string) - (Date.now() + harness.clock.ahead);
      expect(left).toBeGreaterThan(23 * HOUR);
      expect(left).toBeLessThanOrEqual(24 * HOUR);
      harness.clock.ahead = 26 * HOUR;
      const seen = await harness.api('GET', '/sessions/whoami', {
        headers: { cookie: `ory_kratos_session=${session.token}` },
      });
      expect(seen.status).toBe(200);
      expect(seen.headers.get('set-cookie')).toContain(`ory_kratos_session=${session.token}; Max-Age=`);
    } finally {
      harness.clock.ahead = 0;
    }
  });

  it('does not bring back a session that is over', async () => {
    const person = await createPerson(harness, PASSWORD);
    const [expired, revoked] = [await open(person), await open(person)];
    await harness.admin('DELETE', `/admin/sessions/${revoked.id}`);
    harness.clock.ahead = 25 * HOUR;
    try {
      expect(await extend(expired.id)).toMatchObject({ status: 200, json: { active: false } });
      expect(await whoamiStatus(harness, expired.token)).toBe(401);
    } finally {
      harness.clock.ahead = 0;
    }
    harness.clock.ahead = 23 * HOUR;
    try {
      expect(await extend(revoked.id)).toMatchObject({ status: 200, json: { active: false } });
      expect(await whoamiStatus(harness, revoked.token)).toBe(401);
    } finally {
      harness.clock.ahead = 0;
    }
  });

  it('answers 404 for an unknown id and 400 for none', async () => {
    expect((await extend(randomUUID())).status).toBe(404);
    expect((await extend('nope')).status).toBe(400);
  });
});
