import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import {
  beginSettings,
  fieldMessageIds,
  messageIds,
  nodeOf,
  SECOND_FACTORS,
  setUpTotp,
  submitSettings,
} from '../../support/second-factor.js';
import type { Person } from '../../support/story.js';
import { adminCode, createPerson, opened, setPassword, signIn, submitCode, whoamiStatus } from '../../support/story.js';
import { csrfOf, flowIn, locationOf, newVisitor } from '../../support/visitor.js';
import type { Visitor } from '../../support/visitor.js';

const PASSWORD = 'old-horse-battery-1';
const HOUR = 3_600_000;

let harness: Harness;
beforeAll(async () => void (harness = await startHarness()));
afterAll(() => harness.stop());

async function signedIn(at: Harness = harness): Promise<{ person: Person; token: string; flowId: string }> {
  const person = await createPerson(at, PASSWORD);
  const token = (await signIn(at, person.email, PASSWORD)).json.session_token as string;
  return { person, token, flowId: (await beginSettings(at, token)).json.id as string };
}

async function signedInVisitor(at: Harness, person: Person): Promise<Visitor> {
  const visitor = newVisitor(at);
  const flow = (await visitor.json('GET', '/self-service/login/browser')).json;
  const body = { method: 'password', identifier: person.email, password: PASSWORD, csrf_token: csrfOf(flow) };
  await visitor.json('POST', flow.ui.action, body);
  return visitor;
}

const change = (token: string, flowId: string, password: string, at: Harness = harness) =>
  submitSettings(at, token, flowId, { method: 'password', password });

describe('the settings form', () => {
  it('has what Kratos shows where no second factor is offered', async () => {
    const { token } = await signedIn();
    const flow = await beginSettings(harness, token);
    expect(flow.json.state).toBe('show_form');
    const nodes = flow.json.ui.nodes.map((node: any) => [node.group, node.attributes.name, node.meta.label?.id]);
    expect(nodes).toEqual([
      ['default', 'csrf_token', undefined],
      ['profile', 'traits.email', 1070002],
      ['profile', 'traits.name.first', 1070002],
      ['profile', 'traits.name.last', 1070002],
      ['profile', 'method', 1070003],
      ['password', 'password', 1070001],
      ['password', 'method', 1070003],
    ]);
  });

  it('knows no method that is switched off', async () => {
    const { token, flowId } = await signedIn();
    for (const body of [
      { method: 'totp', totp_code: '123456' },
      { totp_unlink: true },
      { lookup_secret_regenerate: true },
      { method: 'bogus' },
      {},
    ]) {
      const answer = await submitSettings(harness, token, flowId, body);
      expect(answer.status).toBe(400);
      expect(messageIds(answer)).toEqual([4010004]);
    }
  });

  it("is not for other people's sessions", async () => {
    const [mine, theirs] = [await signedIn(), await signedIn()];
    const answer = await change(theirs.token, mine.flowId, 'brand-new-battery-9');
    expect(answer.status).toBe(403);
    expect(answer.json.error.id).toBe('security_identity_mismatch');
    expect((await harness.api('POST', `/self-service/settings?flow=${mine.flowId}`, { body: {} })).status).toBe(401);
  });
});

describe('a new password', () => {
  it.each([
    ['none', '', 4000002],
    ['a short one', 'a1b2c3d', 4000032],
    ['the present one', PASSWORD, 4000039],
  ])('is refused when it is %s', async (_name, password, id) => {
    const { person, token, flowId } = await signedIn();
    const answer = await change(token, flowId, password);
    expect(answer.status).toBe(400);
    expect(answer.json.state).toBe('show_form');
    expect(fieldMessageIds(answer, 'password')).toEqual([id]);
    expect((await signIn(harness, person.email, PASSWORD)).status).toBe(200);
  });

  it('is refused when it is like the login name', async () => {
    const { person, token, flowId } = await signedIn();
    const answer = await change(token, flowId, `${person.email.split('@')[0] ?? ''}x`);
    expect(fieldMessageIds(answer, 'password')).toEqual([4000031]);
  });

  it('counts characters, not bytes or halves of them', async () => {
    const { token, flowId } = await signedIn();
    expect(fieldMessageIds(await change(token, flowId, '🐎🐎🐎🐎🐎🐎🐎'), 'password')).toEqual([4000032]);
    expect((await change(token, flowId, '🐎🐎🐎🐎🐎🐎🐎🐎')).status).toBe(200);
  });

  it('is the one that signs in, and another may follow in the same form', async () => {
    const { person, token, flowId } = await signedIn();
    for (const password of ['brand-new-battery-9', 'brand-new-battery-10']) {
      const saved = await change(token, flowId, password);
      expect(saved.status).toBe(200);
      expect(saved.json.state).toBe('success');
      expect(messageIds(saved)).toEqual([1050001]);
      expect((await signIn(harness, person.email, password)).status).toBe(200);
    }
    expect((await signIn(harness, person.email, PASSWORD)).status).toBe(400);
  });

  it('leaves other sessions alone unless told otherwise', async () => {
    const { person, token, flowId } = await signedIn();
    const other = (await signIn(harness, person.email, PASSWORD)).json.session_token as string;
    await change(token, flowId, 'brand-new-battery-9');
    expect(await whoamiStatus(harness, other)).toBe(200);
  });
});

describe('the privileged time', () => {
  it('over, a password needs a new sign-in, whatever it is; other data does not', async () => {
    const { person, token } = await signedIn();
    const before = harness.clock.ahead;
    harness.clock.ahead += HOUR;
    const flowId = (await beginSettings(harness, token)).json.id as string;
    for (const password of ['brand-new-battery-9', 'x']) {
      const answer = await change(token, flowId, password);
      expect(answer.status).toBe(403);
      expect(answer.headers.get('ory-error-id')).toBe('session_refresh_required');
      const login = new URL(answer.json.redirect_browser_to as string);
      expect(login.href.startsWith(`${harness.publicUrl}/self-service/login/browser?refresh=true`)).toBe(true);
      expect(login.searchParams.get('return_to')).toBe(`${harness.publicUrl}/self-service/settings?flow=${flowId}`);
    }
    const named = { method: 'profile', traits: { email: person.email, name: { first: 'N' } } };
    expect((await submitSettings(harness, token, flowId, named)).status).toBe(200);
    const moved = { method: 'profile', traits: { email: `moved-${person.email}` } };
    const refused = await submitSettings(harness, token, flowId, moved);
    expect(refused.json.error.id).toBe('session_refresh_required');
    expect((await signIn(harness, person.email, PASSWORD)).status).toBe(200);
    harness.clock.ahead = before;
  });

  it('over, a browser goes to the login, and comes back to the form', async () => {
    const person = await createPerson(harness, PASSWORD);
    const visitor = await signedInVisitor(harness, person);
    const before = harness.clock.ahead;
    harness.clock.ahead += HOUR;
    const begun = await visitor.html('GET', '/self-service/settings/browser');
    const flow = (await visitor.json('GET', `/self-service/settings/flows?id=${flowIn(locationOf(begun))}`)).json;
    const fields = { method: 'password', password: 'brand-new-battery-9', csrf_token: csrfOf(flow) };
    const sent = await visitor.html('POST', flow.ui.action, fields);
    expect(sent.status).toBe(303);
    const login = await visitor.html('GET', locationOf(sent));
    const loginFlow = (await visitor.json('GET', `/self-service/login/flows?id=${flowIn(locationOf(login))}`)).json;
    const again = await visitor.html('POST', loginFlow.ui.action, {
      method: 'password',
      identifier: person.email,
      password: PASSWORD,
      csrf_token: csrfOf(loginFlow),
    });
    const back = await visitor.html('GET', locationOf(again));
    expect(locationOf(back)).toBe(`${harness.publicUrl}/ui/settings?flow=${flow.id as string}`);
    const saved = await visitor.html('POST', flow.ui.action, fields);
    expect(locationOf(saved)).toBe(`${harness.publicUrl}/ui/settings?flow=${flow.id as string}`);
    expect((await signIn(harness, person.email, 'brand-new-battery-9')).status).toBe(200);
    harness.clock.ahead = before;
  });
});

describe('a form that was open for too long', () => {
  it('changes nothing and leads to a new one', async () => {
    const { person, token, flowId } = await signedIn();
    const before = harness.clock.ahead;
    harness.clock.ahead += HOUR;
    const answer = await change(token, flowId, 'brand-new-battery-9');
    expect(answer.status).toBe(410);
    expect(answer.json.error.id).toBe('self_service_flow_expired');
    const next = await harness.api('GET', `/self-service/settings/flows?id=${answer.json.use_flow_id as string}`, {
      headers: { 'x-session-token': token },
    });
    expect(messageIds(next)).toEqual([4050001]);
    harness.clock.ahead = before;
    expect((await signIn(harness, person.email, PASSWORD)).status).toBe(200);
  });
});

describe('the profile', () => {
  it('takes an address that nobody has, and leaves the password in force', async () => {
    const { person, token, flowId } = await signedIn();
    const email = `moved-${person.email}`;
    const saved = await submitSettings(harness, token, flowId, { method: 'profile', traits: { email } });
    expect(saved.status).toBe(200);
    expect(nodeOf(saved, 'traits.email').attributes.value).toBe(email);
    expect((await signIn(harness, email, PASSWORD)).status).toBe(200);
    expect((await signIn(harness, person.email, PASSWORD)).status).toBe(400);
    const taken = await createPerson(harness);
    const conflict = await submitSettings(harness, token, flowId, { method: 'profile', traits: { email: taken.email } });
    expect(conflict.status).toBe(409);
    const wrong = await submitSettings(harness, token, flowId, { method: 'profile', traits: { email: 'none' } });
    expect(fieldMessageIds(wrong, 'traits.email')).toEqual([4000001]);
  });
});

describe('the notice of a changed password', () => {
  const noticesTo = (person: Person) =>
    harness.mail.messages().filter(({ to, subject }) => to.includes(person.email) && subject === 'Your password was changed');

  it('goes to all addresses, says how to object, and survives that no worker runs', async () => {
    const { person, token, flowId } = await signedIn();
    await harness.stopWorkers();
    expect((await change(token, flowId, 'brand-new-battery-9')).status).toBe(200);
    expect(noticesTo(person)).toEqual([]);
    await harness.startWorkers();
    await expect.poll(() => noticesTo(person).length, { timeout: 20_000 }).toBe(1);
    expect(noticesTo(person)[0]?.text).toContain(`${harness.publicUrl}/self-service/recovery/browser`);
    expect(noticesTo(person)[0]?.text).toContain('If it was not you');
    // Nothing in it signs in.
    expect(noticesTo(person)[0]?.text).not.toMatch(/token=|(?<!\d)\d{6}(?!\d)/);
  });

  it('does not go out for a change that was refused', async () => {
    const { person, token, flowId } = await signedIn();
    expect((await change(token, flowId, 'short')).status).toBe(400);
    const { rows } = await harness.pool.query('SELECT * FROM notices WHERE identity_id = $1', [person.id]);
    expect(rows).toEqual([]);
  });

  it('is that of the recovery when the password was the end of one; the next is told again', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    const session = opened(await submitCode(harness, flowId, code));
    expect((await setPassword(harness, session, 'brand-new-battery-9')).status).toBe(200);
    await harness.mail.waitFor(({ to, subject }) => to.includes(person.email) && subject.includes('recovered'), 15_000);
    const kinds = async () =>
      (await harness.pool.query('SELECT kind FROM notices WHERE identity_id = $1', [person.id])).rows;
    expect(await kinds()).toEqual([]);
    expect((await setPassword(harness, session, 'brand-new-battery-10')).status).toBe(200);
    expect(await kinds()).toEqual([{ kind: 'password_changed' }]);
    await expect.poll(() => noticesTo(person).length, { timeout: 20_000 }).toBe(1);
  });
});

describe('with selfservice.flows.settings.after.password.hooks', () => {
  let strict: Harness;
  beforeAll(async () => {
    const after = { password: { hooks: [{ hook: 'revoke_active_sessions' }] } };
    strict = await startHarness({ workers: false, config: { selfservice: { flows: { settings: { after } } } } });
  });
  afterAll(() => strict.stop());

  it('a new password ends all other sessions of the person, and nobody else', async () => {
    const { person, token, flowId } = await signedIn(strict);
    const stranger = await signedIn(strict);
    const other = (await signIn(strict, person.email, PASSWORD)).json.session_token as string;
    expect((await change(token, flowId, 'brand-new-battery-9', strict)).status).toBe(200);
    expect(await whoamiStatus(strict, other)).toBe(401);
    expect(await whoamiStatus(strict, token)).toBe(200);
    expect(await whoamiStatus(strict, stranger.token)).toBe(200);
  });
});

describe('the list of breached passwords', () => {
  const BREACHED = 'breached-password-1';
  let list: Server;
  let asked: IncomingMessage[] = [];
  let answer: (response: ServerResponse) => void;
  const open = new Map<string, Harness>();

  beforeAll(async () => {
    list = createServer((request, response) => {
      asked.push(request);
      answer(response);
    });
    await new Promise<void>((resolve) => list.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    for (const one of open.values()) await one.stop();
    list.closeAllConnections();
    list.close();
  });

  /** A harness with these settings, brought up once. */
  async function harnessWith(config: Record<string, unknown>): Promise<Harness> {
    const key = JSON.stringify(config);
    const host = `http://127.0.0.1:${(list.address() as AddressInfo).port}`;
    const found =
      open.get(key) ??
      (await startHarness({
        workers: false,
        config: {
          selfservice: {
            methods: { password: { config: { haveibeenpwned_enabled: true, haveibeenpwned_host: host, ...config } } },
          },
        },
      }));
    open.set(key, found);
    return found;
  }

  const digest = createHash('sha1').update(BREACHED).digest('hex').toUpperCase();
  const rangeWith = (count: number) => (response: ServerResponse) =>
    response.end(['0'.repeat(35) + ':9', `${digest.slice(5)}:${count}`, 'F'.repeat(35) + ':0'].join('\r\n'));

  it('is told five digits of a hash, asked for padding, and believed', async () => {
    const at = await harnessWith({});
    const { token, flowId } = await signedIn(at);
    [asked, answer] = [[], rangeWith(3)];
    const refused = await change(token, flowId, BREACHED, at);
    expect(refused.status).toBe(400);
    expect(fieldMessageIds(refused, 'password')).toEqual([4000034]);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET /range/${digest.slice(0, 5)}`]);
    expect(asked[0]?.headers['add-padding']).toBe('true');
    // Padding has a count of 0.
    answer = rangeWith(0);
    expect((await change(token, flowId, BREACHED, at)).status).toBe(200);
  });

  it('may allow some breaches', async () => {
    const at = await harnessWith({ max_breaches: 3 });
    const { token, flowId } = await signedIn(at);
    answer = rangeWith(4);
    expect((await change(token, flowId, BREACHED, at)).status).toBe(400);
    answer = rangeWith(3);
    expect((await change(token, flowId, BREACHED, at)).status).toBe(200);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['an error', (response) => void response.writeHead(503).end()],
    ['nothing at all', () => undefined],
    ['with a redirect', (response) => void response.writeHead(302, { location: '/elsewhere' }).end()],
    ['by hanging up', (response) => void response.destroy()],
  ])('answering %s is left out, or, where it must answer, 502', async (_name, how) => {
    const lax = await harnessWith({});
    const strict = await harnessWith({ ignore_network_errors: false });
    answer = how;
    const { token, flowId } = await signedIn(lax);
    expect((await change(token, flowId, 'not-breached-battery-7', lax)).status).toBe(200);
    const other = await signedIn(strict);
    const refused = await change(other.token, other.flowId, 'not-breached-battery-7', strict);
    expect(refused.status).toBe(502);
    expect(refused.headers.get('ory-error-id')).toBe('upstream_error');
    expect(refused.json.error).toMatchObject({ id: 'upstream_error', code: 502, status: 'Bad Gateway' });
    expect((await signIn(strict, other.person.email, PASSWORD)).status).toBe(200);
  });

  it('is not asked unless switched on, nor for passwords that fail anyway', async () => {
    const at = await harnessWith({});
    const { token, flowId } = await signedIn(at);
    asked = [];
    await change(token, flowId, 'short', at);
    await change(token, flowId, PASSWORD, at);
    expect(asked).toEqual([]);
    expect(harness.config.selfservice.methods.password.breachCheck.enabled).toBe(false);
  });
});

describe('in a browser', () => {
  let factors: Harness;
  beforeAll(async () => void (factors = await startHarness({ workers: false, config: SECOND_FACTORS })));
  afterAll(() => factors.stop());

  it('forms work without scripts: set up an app and backup codes, see both on the page', async () => {
    const person = await createPerson(factors, PASSWORD);
    const visitor = await signedInVisitor(factors, person);
    const begun = await visitor.html('GET', '/self-service/settings/browser');
    const pageUrl = locationOf(begun);
    const flowId = flowIn(pageUrl);
    const fetched = async () => (await visitor.json('GET', `/self-service/settings/flows?id=${flowId}`)).json;
    const post = async (fields: Record<string, string>) =>
      visitor.html('POST', `/self-service/settings?flow=${flowId}`, { ...fields, csrf_token: csrfOf(await fetched()) });

    const page = await visitor.html('GET', pageUrl);
    expect(page.headers.get('content-security-policy')).toContain('img-src data:');
    expect(page.text).toMatch(/<img src="data:image\/png;base64,[A-Za-z0-9+/=]+"/);

    expect(locationOf(await post({ lookup_secret_regenerate: 'true' }))).toBe(pageUrl);
    const withCodes = await visitor.html('GET', pageUrl);
    expect(withCodes.text.match(/<li><code>[a-z0-9]{8}<\/code><\/li>/g)).toHaveLength(12);
    expect(locationOf(await post({ lookup_secret_confirm: 'true' }))).toBe(pageUrl);
    const saved = await visitor.html('GET', pageUrl);
    expect(saved.text).toContain('data-message-id="1050001"');
    expect(saved.text).not.toMatch(/<li><code>/);
  });

  it('a person with a second factor is led to it, and back to the settings', async () => {
    const person = await createPerson(factors, PASSWORD);
    await setUpTotp(factors, (await signIn(factors, person.email, PASSWORD)).json.session_token as string);
    const { flowId, code } = await adminCode(factors, person, { flow_type: 'browser' }).catch(() => ({ flowId: '', code: '' }));
    expect(flowId).not.toBe('');
    await factors.startWorkers();
    const visitor = newVisitor(factors);
    const recovered = await visitor.html('POST', `/self-service/recovery?flow=${flowId}`, { method: 'code', code });
    expect(recovered.status, recovered.text).toBe(303);
    const page = await visitor.html('GET', locationOf(recovered));
    expect(page.status).toBe(303);
    const login = new URL(locationOf(page));
    expect(login.searchParams.get('aal')).toBe('aal2');
    expect(login.searchParams.get('return_to')).toContain(`/self-service/settings?flow=`);
    const begun = await visitor.html('GET', '/self-service/settings/browser');
    expect(locationOf(begun)).toContain('aal=aal2');
  });
});
