import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { createPerson, signIn, whoamiStatus } from '../../support/story.js';
import { csrfOf, locationOf, newVisitor } from '../../support/visitor.js';
import type { Visitor } from '../../support/visitor.js';

const PASSWORD = 'old-horse-battery-1';
const GOODBYE = 'https://app.example.test/goodbye';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    workers: false,
    config: {
      selfservice: {
        allowed_return_urls: ['https://app.example.test/'],
        flows: { logout: { after: { default_browser_return_url: GOODBYE } } },
      },
    },
  });
});
afterAll(() => harness.stop());

async function signedInVisitor(): Promise<Visitor> {
  const person = await createPerson(harness, PASSWORD);
  const visitor = newVisitor(harness);
  const flow = (await visitor.json('GET', '/self-service/login/browser')).json;
  const body = { method: 'password', identifier: person.email, password: PASSWORD, csrf_token: csrfOf(flow) };
  expect((await visitor.json('POST', flow.ui.action, body)).status).toBe(200);
  return visitor;
}

const statusOf = async (visitor: Visitor): Promise<number> => (await visitor.json('GET', '/sessions/whoami')).status;

describe('signing out in a browser', () => {
  it('takes a token that only the session itself is given', async () => {
    const visitor = await signedInVisitor();
    const { status, json } = await visitor.json('GET', '/self-service/logout/browser');
    expect(status).toBe(200);
    expect(json.logout_token).toMatch(/^ory_lo_[0-9A-Za-z]{32}$/);
    expect(json.logout_url).toBe(`${harness.publicUrl}/self-service/logout?token=${json.logout_token as string}`);
    const session = visitor.cookies.get('ory_kratos_session');

    const answer = await visitor.html('GET', json.logout_url as string);
    expect([answer.status, locationOf(answer)]).toEqual([303, GOODBYE]);
    expect(visitor.cookies.has('ory_kratos_session')).toBe(false);
    expect(await whoamiStatus(harness, session ?? '')).toBe(401);
    expect((await visitor.json('GET', '/self-service/logout/browser')).status).toBe(401);
  });

  it('leads to an allowed return_to, and to no other', async () => {
    const visitor = await signedInVisitor();
    const back = 'https://app.example.test/back';
    const { json } = await visitor.json('GET', `/self-service/logout/browser?return_to=${encodeURIComponent(back)}`);
    const evil = new URL(json.logout_url as string);
    evil.searchParams.set('return_to', 'https://evil.test/');
    expect((await visitor.json('GET', evil.href)).json.error.id).toBe('self_service_flow_return_to_forbidden');
    expect(await statusOf(visitor)).toBe(200);
    expect(locationOf(await visitor.html('GET', json.logout_url as string))).toBe(back);
  });

  it('answers pages with scripts with 204', async () => {
    const visitor = await signedInVisitor();
    const { json } = await visitor.json('GET', '/self-service/logout/browser');
    const answer = await visitor.json('GET', json.logout_url as string);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(await statusOf(visitor)).toBe(401);
  });

  it("does not happen with another session's token, a made-up one, or none", async () => {
    const [visitor, other] = [await signedInVisitor(), await signedInVisitor()];
    const theirs = (await other.json('GET', '/self-service/logout/browser')).json.logout_token as string;
    for (const token of [theirs, 'bogus', `ory_lo_${'A'.repeat(32)}`]) {
      expect((await visitor.json('GET', `/self-service/logout?token=${token}`)).status).toBe(403);
    }
    expect((await visitor.json('GET', '/self-service/logout')).status).toBe(400);
    expect(await statusOf(visitor)).toBe(200);
    expect(await statusOf(other)).toBe(200);
  });
});

describe('signing out in an app', () => {
  it('ends the session of the token, again and again', async () => {
    const person = await createPerson(harness, PASSWORD);
    const token = (await signIn(harness, person.email, PASSWORD)).json.session_token as string;
    for (let n = 1; n <= 2; n += 1) {
      const answer = await harness.api('DELETE', '/self-service/logout/api', { body: { session_token: token } });
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(await whoamiStatus(harness, token)).toBe(401);
    }
  });

  it('refuses a token that never was one, and a body without any', async () => {
    const end = (body: unknown) => harness.api('DELETE', '/self-service/logout/api', { body });
    expect((await end({ session_token: `ory_st_${'x'.repeat(32)}` })).status).toBe(403);
    for (const body of [{}, { session_token: '' }, { session_token: null }, { session_token: ['a'] }, []]) {
      expect((await end(body)).status).toBe(400);
    }
  });
});
