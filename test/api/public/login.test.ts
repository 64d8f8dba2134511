import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { noteSecret } from '../../support/leftovers.js';
import {
  fieldMessageIds,
  messageIds,
  nextCode,
  nodeOf,
  SECOND_FACTORS,
  setUpLookupSecrets,
  setUpTotp,
  showSecondFactor,
} from '../../support/second-factor.js';
import type { Person } from '../../support/story.js';
import { createPerson, signIn, whoamiStatus } from '../../support/story.js';
import { csrfOf, flowIn, locationOf, newVisitor } from '../../support/visitor.js';
import type { Visitor } from '../../support/visitor.js';

const PASSWORD = 'old-horse-battery-1';
const HOUR = 3_600_000;

let harness: Harness;
beforeAll(async () => void (harness = await startHarness({ config: SECOND_FACTORS })));
afterAll(() => harness.stop());

const submit = (flowId: string, body: unknown, headers: Record<string, string> = {}) =>
  harness.api('POST', `/self-service/login?flow=${flowId}`, { body, headers });
const begin = async (): Promise<string> => (await harness.api('GET', '/self-service/login/api')).json.id as string;

async function inBrowser(visitor: Visitor, person: Person, query = ''): Promise<void> {
  const flow = (await visitor.json('GET', `/self-service/login/browser${query}`)).json;
  const answer = await visitor.json('POST', flow.ui.action, {
    method: 'password',
    identifier: person.email,
    password: PASSWORD,
    csrf_token: csrfOf(flow),
  });
  expect(answer.status, answer.text).toBe(200);
}

describe('a wrong password', () => {
  it('is answered alike for known names, unknown ones and accounts without a password', async () => {
    const [known, bare] = [await createPerson(harness, PASSWORD), await createPerson(harness)];
    const answers = await Promise.all(
      [known.email, bare.email, `nobody-${known.email}`, 'no address at all'].map(async (identifier) => {
        const flowId = await begin();
        const { status, text } = await submit(flowId, { method: 'password', identifier, password: 'wrong-horse' });
        return { status, text: text.replaceAll(flowId, 'ID').replaceAll(identifier, 'NAME').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME') };
      }),
    );
    expect(answers[0]?.status).toBe(400);
    expect(answers[0]?.text).toContain('4000006');
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('keeps the name in the form, and never the password', async () => {
    const person = await createPerson(harness, PASSWORD);
    const answer = await submit(await begin(), { method: 'password', identifier: person.email, password: 'wrong-horse' });
    expect(nodeOf(answer, 'identifier').attributes.value).toBe(person.email);
    expect(answer.text).not.toContain('wrong-horse');
  });

  it('leaves missing fields and unknown methods to be told apart', async () => {
    const flowId = await begin();
    const empty = await submit(flowId, { method: 'password' });
    expect(empty.status).toBe(400);
    expect(fieldMessageIds(empty, 'identifier')).toEqual([4000002]);
    expect(fieldMessageIds(empty, 'password')).toEqual([4000002]);
    for (const method of ['totp', 'oidc', undefined]) {
      const answer = await submit(flowId, { method, identifier: 'a', password: 'b', totp_code: '123456' });
      expect(answer.status).toBe(400);
      expect(messageIds(answer)).toEqual([4010002]);
    }
  });
});

describe('an imported password', () => {
  it('signs in, and is argon2id from then on', async () => {
    const email = `imported-${randomUUID().slice(0, 8)}@example.test`;
    noteSecret('address', email);
    const bcrypt = '$2b$06$abcdefghijklmnopqrstuuaZl9QU6RsRxFfNYiYsKlDafnkXtH2ka';
    const created = await harness.admin('POST', '/admin/identities', {
      body: { traits: { email }, credentials: { password: { config: { hashed_password: bcrypt } } } },
    });
    expect(created.status).toBe(201);
    const stored = async (): Promise<string> => {
      const path = `/admin/identities/${created.json.id as string}?include_credential=password`;
      return (await harness.admin('GET', path)).json.credentials.password.config.hashed_password as string;
    };
    expect((await signIn(harness, email, 'Ünïcode horse 2')).status).toBe(400);
    expect(await stored()).toBe(bcrypt);
    expect((await signIn(harness, email, 'Ünïcode horse 1')).status).toBe(200);
    const upgraded = await stored();
    expect(upgraded).toMatch(/^\$argon2id\$/);
    expect((await signIn(harness, email, 'Ünïcode horse 1')).status).toBe(200);
    expect(await stored()).toBe(upgraded);
    expect((await signIn(harness, email, 'Ünïcode horse 2')).status).toBe(400);
  });
});

describe('a login of somebody who is signed in', () => {
  it('is refused without refresh', async () => {
    const person = await createPerson(harness, PASSWORD);
    const token = (await signIn(harness, person.email, PASSWORD)).json.session_token as string;
    const flowId = await begin();
    const headers = { 'x-session-token': token };
    for (const answer of [
      await harness.api('GET', '/self-service/login/api', { headers }),
      await submit(flowId, { method: 'password', identifier: person.email, password: PASSWORD }, headers),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.json.error.id).toBe('session_already_available');
    }
  });

  it('with refresh makes the same session fresh again', async () => {
    const person = await createPerson(harness, PASSWORD);
    const first = (await signIn(harness, person.email, PASSWORD)).json;
    const headers = { 'x-session-token': first.session_token as string };
    harness.clock.ahead += 2 * HOUR;
    const flow = await harness.api('GET', '/self-service/login/api?refresh=true', { headers });
    expect(flow.json).toMatchObject({ refresh: true, requested_aal: 'aal1' });
    expect(messageIds(flow)).toEqual([1010003]);
    expect(nodeOf(flow, 'identifier').attributes).toMatchObject({ type: 'hidden', value: person.email });

    const wrong = await submit(
      flow.json.id as string,
      { method: 'password', identifier: person.email, password: 'wrong-horse' },
      headers,
    );
    expect(wrong.status).toBe(400);
    const answer = await submit(
      flow.json.id as string,
      { method: 'password', identifier: person.email, password: PASSWORD },
      headers,
    );
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.session_token).toBe(first.session_token);
    const { session } = answer.json;
    expect(session.id).toBe(first.session.id);
    expect(session.issued_at).toBe(first.session.issued_at);
    for (const time of ['authenticated_at', 'expires_at']) {
      expect(Date.parse(session[time])).toBeGreaterThanOrEqual(Date.parse(first.session[time]) + 2 * HOUR);
    }
    expect(session.authentication_methods).toHaveLength(2);
    expect(session.authenticator_assurance_level).toBe('aal1');
  });

  it('with refresh as somebody else opens a new session and ends the old one', async () => {
    const [one, two] = [await createPerson(harness, PASSWORD), await createPerson(harness, PASSWORD)];
    const old = (await signIn(harness, one.email, PASSWORD)).json.session_token as string;
    const headers = { 'x-session-token': old };
    const flow = await harness.api('GET', '/self-service/login/api?refresh=true', { headers });
    const body = { method: 'password', identifier: two.email, password: PASSWORD };
    const answer = await submit(flow.json.id as string, body, headers);
    expect(answer.json.session_token).not.toBe(old);
    expect(answer.json.session.identity.id).toBe(two.id);
    expect(await whoamiStatus(harness, old)).toBe(401);
  });

  it('keeps AAL2 when only the password is shown again', async () => {
    const person = await createPerson(harness, PASSWORD);
    const token = (await signIn(harness, person.email, PASSWORD)).json.session_token as string;
    await setUpTotp(harness, token);
    const headers = { 'x-session-token': token };
    const flow = await harness.api('GET', '/self-service/login/api?refresh=true', { headers });
    const body = { method: 'password', identifier: person.email, password: PASSWORD };
    const answer = await submit(flow.json.id as string, body, headers);
    expect(answer.json.session.authenticator_assurance_level).toBe('aal2');
  });

  it('with refresh without a session is a plain login', async () => {
    const flow = await harness.api('GET', '/self-service/login/api?refresh=true');
    expect(flow.json.refresh).toBe(false);
    expect(messageIds(flow)).toEqual([]);
  });
});

describe('guessing', () => {
  let strict: Harness;
  beforeAll(async () => {
    strict = await startHarness({ workers: false, config: { ...SECOND_FACTORS, limits: { attempts_per_account: 5 } } });
  });
  afterAll(() => strict.stop());

  it('is held after the limit, answered like a wrong password, and let go again', async () => {
    const person = await createPerson(strict, PASSWORD);
    const wrong = await signIn(strict, person.email, 'wrong-horse');
    for (let n = 2; n <= 5; n += 1) await signIn(strict, person.email, 'wrong-horse');
    const held = await signIn(strict, person.email, PASSWORD);
    expect(held.status).toBe(400);
    expect(messageIds(held)).toEqual(messageIds(wrong));
    // Another account is not held for it.
    const other = await createPerson(strict, PASSWORD);
    expect((await signIn(strict, other.email, PASSWORD)).status).toBe(200);

    strict.clock.ahead += 31_000;
    expect((await signIn(strict, person.email, 'wrong-horse')).status).toBe(400);
    strict.clock.ahead += 31_000;
    // The second wait is longer than the first.
    expect((await signIn(strict, person.email, PASSWORD)).status).toBe(400);
    strict.clock.ahead += 30_000;
    expect((await signIn(strict, person.email, PASSWORD)).status).toBe(200);
    // A success ends the row: all five are there again.
    for (let n = 1; n <= 4; n += 1) await signIn(strict, person.email, 'wrong-horse');
    expect((await signIn(strict, person.email, PASSWORD)).status).toBe(200);
  });

  it('in parallel gets no more attempts judged than the limit', async () => {
    const person = await createPerson(strict, PASSWORD);
    const guesses = Array.from({ length: 30 }, (_, n) => `guess-number-${n}`);
    await Promise.all(guesses.map((guess) => signIn(strict, person.email, guess)));
    const { rows } = await strict.pool.query('SELECT failed FROM attempt_counters WHERE subject = $1', [`login:${person.id}`]);
    expect(rows).toEqual([{ failed: 5 }]);
    expect((await signIn(strict, person.email, PASSWORD)).status).toBe(400);
  });

  it('at unknown names costs the same rows, by a name from which the address cannot be told', async () => {
    const email = `nobody-${randomUUID().slice(0, 8)}@example.test`;
    noteSecret('address', email);
    for (let n = 1; n <= 6; n += 1) await signIn(strict, email, 'wrong-horse');
    const { rows } = await strict.pool.query(
      `SELECT subject, failed FROM attempt_counters WHERE subject LIKE 'login-name:%' AND failed = 5`,
    );
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(email);
  });

  it('at the second factor is held too, over codes of the app and backup codes together', async () => {
    const person = await createPerson(strict, PASSWORD);
    const token = (await signIn(strict, person.email, PASSWORD)).json.session_token as string;
    const secret = await setUpTotp(strict, token);
    const [backup = ''] = await setUpLookupSecrets(strict, token);
    const fresh = (await signIn(strict, person.email, PASSWORD)).json.session_token as string;
    for (let n = 1; n <= 3; n += 1) {
      expect((await showSecondFactor(strict, fresh, { lookup_secret: `wrong00${n}` })).status).toBe(400);
    }
    const right = nextCode(strict, secret);
    const guesses = ['111111', '222222', '333333', '444444'].filter((code) => code !== right);
    await Promise.all(guesses.map((totp_code) => showSecondFactor(strict, fresh, { totp_code })));
    expect(messageIds(await showSecondFactor(strict, fresh, { totp_code: right }))).toEqual([4000008]);
    expect(messageIds(await showSecondFactor(strict, fresh, { lookup_secret: backup }))).toEqual([4000016]);
    strict.clock.ahead += HOUR;
    expect((await showSecondFactor(strict, fresh, { totp_code: nextCode(strict, secret) })).status).toBe(200);
  });
});

describe('in a browser', () => {
  it('a form signs in, leads to return_to, and gets a new CSRF token and a session of its own making', async () => {
    const person = await createPerson(harness, PASSWORD);
    const visitor = newVisitor(harness);
    const returnTo = `${harness.publicUrl}/welcome`;
    // Planted beforehand by somebody else.
    const planted = (await signIn(harness, (await createPerson(harness, PASSWORD)).email, PASSWORD)).json.session_token;
    await harness.api('DELETE', '/self-service/logout/api', { body: { session_token: planted } });
    visitor.cookies.set('ory_kratos_session', planted as string);

    const begun = await visitor.html('GET', `/self-service/login/browser?return_to=${encodeURIComponent(returnTo)}`);
    expect(begun.status).toBe(303);
    const flow = (await visitor.json('GET', `/self-service/login/flows?id=${flowIn(locationOf(begun))}`)).json;
    const csrf = { ...Object.fromEntries(visitor.cookies) };
    const fields = { method: 'password', identifier: person.email, csrf_token: csrfOf(flow) };
    const wrong = await visitor.html('POST', flow.ui.action, { ...fields, password: 'wrong-horse' });
    expect(wrong.status).toBe(303);
    expect(locationOf(wrong)).toBe(locationOf(begun));
    const shown = await visitor.json('GET', `/self-service/login/flows?id=${flow.id as string}`);
    expect(messageIds(shown)).toEqual([4000006]);

    const right = await visitor.html('POST', flow.ui.action, { ...fields, password: PASSWORD });
    expect(right.status).toBe(303);
    expect(locationOf(right)).toBe(returnTo);
    expect(visitor.cookies.get('ory_kratos_session')).not.toBe(planted);
    for (const [name, value] of visitor.cookies) expect(value, name).not.toBe(csrf[name]);
    expect((await visitor.json('GET', '/sessions/whoami')).json.identity.id).toBe(person.id);
    const again = await visitor.html('GET', '/self-service/login/browser');
    expect([again.status, locationOf(again)]).toEqual([302, harness.config.selfservice.defaultBrowserReturnUrl]);
  });

  it('a form without the right CSRF token signs nobody in', async () => {
    const person = await createPerson(harness, PASSWORD);
    const visitor = newVisitor(harness);
    const flow = (await visitor.json('GET', '/self-service/login/browser')).json;
    const body = { method: 'password', identifier: person.email, password: PASSWORD, csrf_token: 'bogus' };
    const answer = await visitor.json('POST', flow.ui.action, body);
    expect(answer.status).toBe(403);
    expect(answer.json.error.id).toBe('security_csrf_violation');
    expect(visitor.cookies.has('ory_kratos_session')).toBe(false);
  });

  it('the second factor follows the password: by redirect for forms, by 422 for pages with scripts', async () => {
    const person = await createPerson(harness, PASSWORD);
    const owner = (await signIn(harness, person.email, PASSWORD)).json.session_token as string;
    const secret = await setUpTotp(harness, owner);
    const visitor = newVisitor(harness);
    const returnTo = `${harness.publicUrl}/welcome`;
    const flow = (await visitor.json('GET', `/self-service/login/browser?return_to=${encodeURIComponent(returnTo)}`)).json;
    const fields = { method: 'password', identifier: person.email, password: PASSWORD, csrf_token: csrfOf(flow) };
    const first = await visitor.html('POST', flow.ui.action, fields);
    expect(first.status).toBe(303);
    const next = new URL(locationOf(first));
    expect([next.pathname, next.searchParams.get('aal'), next.searchParams.get('return_to')]).toEqual([
      '/self-service/login/browser',
      'aal2',
      returnTo,
    ]);

    const page = await visitor.html('GET', locationOf(first));
    const drawn = await visitor.html('GET', locationOf(page));
    expect(drawn.text).toContain('name="totp_code"');
    const second = (await visitor.json('GET', `/self-service/login/flows?id=${flowIn(locationOf(page))}`)).json;
    const cookie = visitor.cookies.get('ory_kratos_session');
    const done = await visitor.html('POST', second.ui.action, {
      method: 'totp',
      totp_code: nextCode(harness, secret),
      csrf_token: csrfOf(second),
    });
    expect([done.status, locationOf(done)]).toEqual([303, returnTo]);
    expect(visitor.cookies.get('ory_kratos_session')).toBe(cookie);
    expect((await visitor.json('GET', '/sessions/whoami')).json.authenticator_assurance_level).toBe('aal2');

    const scripted = newVisitor(harness);
    const spa = (await scripted.json('GET', '/self-service/login/browser')).json;
    const half = await scripted.json('POST', spa.ui.action, { ...fields, csrf_token: csrfOf(spa) });
    expect(half.status).toBe(422);
    expect(half.json.error.id).toBe('browser_location_change_required');
    expect(half.json.redirect_browser_to).toContain('aal=aal2');
    expect((await scripted.json('GET', '/sessions/whoami')).status).toBe(403);
  });

  it('a page that was open for too long leads to a new one', async () => {
    const person = await createPerson(harness, PASSWORD);
    const visitor = newVisitor(harness);
    const flow = (await visitor.json('GET', '/self-service/login/browser')).json;
    const before = harness.clock.ahead;
    harness.clock.ahead += HOUR + 1_000;
    const fields = { method: 'password', identifier: person.email, password: PASSWORD, csrf_token: csrfOf(flow) };
    const gone = await visitor.json('POST', flow.ui.action, fields);
    expect(gone.status).toBe(410);
    expect(gone.json).toMatchObject({ error: { id: 'self_service_flow_expired' }, expired_at: flow.expires_at });
    const next = await visitor.json('GET', `/self-service/login/flows?id=${gone.json.use_flow_id as string}`);
    expect(messageIds(next)).toEqual([4010001]);
    const moved = await visitor.html('POST', flow.ui.action, fields);
    expect(moved.status).toBe(303);
    expect(flowIn(locationOf(moved))).not.toBe(flow.id);
    expect((await visitor.json('GET', `/self-service/login/flows?id=${flow.id as string}`)).status).toBe(410);
    harness.clock.ahead = before;
  });

  it('refresh leads back to where it was asked for', async () => {
    const person = await createPerson(harness, PASSWORD);
    const visitor = newVisitor(harness);
    await inBrowser(visitor, person);
    const returnTo = `${harness.publicUrl}/self-service/settings?flow=${randomUUID()}`;
    const begun = await visitor.html(
      'GET',
      `/self-service/login/browser?refresh=true&return_to=${encodeURIComponent(returnTo)}`,
    );
    const flow = (await visitor.json('GET', `/self-service/login/flows?id=${flowIn(locationOf(begun))}`)).json;
    const fields = { method: 'password', identifier: person.email, password: PASSWORD, csrf_token: csrfOf(flow) };
    expect(locationOf(await visitor.html('POST', flow.ui.action, fields))).toBe(returnTo);
  });
});

describe('a disabled account', () => {
  it('is told so to who knows the password, and to nobody else', async () => {
    const person = await createPerson(harness, PASSWORD);
    await harness.admin('PATCH', `/admin/identities/${person.id}`, {
      body: [{ op: 'replace', path: '/state', value: 'inactive' }],
    });
    const right = await signIn(harness, person.email, PASSWORD);
    expect(right.status).toBe(400);
    expect(right.json.error.id).toBe('identity_disabled');
    expect(messageIds(await signIn(harness, person.email, 'wrong-horse'))).toEqual([4000006]);
  });
});
