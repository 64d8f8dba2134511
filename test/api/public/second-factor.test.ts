import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import {
  appCode,
  beginLogin,
  beginSettings,
  fieldMessageIds,
  messageIds,
  nextCode,
  nodeOf,
  PASSWORD,
  SECOND_FACTORS,
  setUpTotp,
  showSecondFactor,
  submitSettings,
} from '../../support/account-story.js';
import type { Person } from '../../support/story.js';
import { adminCode, createPerson, flowRow, opened, setPassword, signIn, submitCode } from '../../support/story.js';

let harness: Harness;
beforeAll(async () => void (harness = await startHarness({ config: SECOND_FACTORS })));
afterAll(() => harness.stop());

const whoami = (token: string) => harness.api('GET', '/sessions/whoami', { headers: { 'x-session-token': token } });

async function signedIn(person: Person): Promise<string> {
  const answer = await signIn(harness, person.email, PASSWORD);
  expect(answer.status, answer.text).toBe(200);
  return answer.json.session_token as string;
}

async function withTotp(): Promise<{ person: Person; token: string; secret: string }> {
  const person = await createPerson(harness, PASSWORD);
  const token = await signedIn(person);
  return { person, token, secret: await setUpTotp(harness, token) };
}

describe('setting up an authenticator app', () => {
  it('shows a QR code and the secret, and takes the code that the app then shows', async () => {
    const person = await createPerson(harness, PASSWORD);
    const token = await signedIn(person);
    const flow = await beginSettings(harness, token);
    expect(nodeOf(flow, 'totp_qr')).toMatchObject({
      type: 'img',
      group: 'totp',
      attributes: { src: expect.stringMatching(/^data:image\/png;base64,/), node_type: 'img' },
      meta: { label: { id: 1050005 } },
    });
    const secretNode = nodeOf(flow, 'totp_secret_key');
    expect(secretNode).toMatchObject({ type: 'text', group: 'totp', meta: { label: { id: 1050017 } } });
    expect(secretNode.attributes).toMatchObject({ node_type: 'text', text: { id: 1050006, type: 'info' } });
    expect(nodeOf(flow, 'totp_code')).toMatchObject({
      group: 'totp',
      attributes: { type: 'text', required: true },
      meta: { label: { id: 1070006 } },
    });
    const secret = secretNode.attributes.text.context.secret as string;
    const flowId = flow.json.id as string;

    const empty = await submitSettings(harness, token, flowId, { method: 'totp' });
    expect(empty.status).toBe(400);
    expect(fieldMessageIds(empty, 'totp_code')).toEqual([4000002]);
    const right = appCode(harness, secret);
    const wrong = await submitSettings(harness, token, flowId, {
      method: 'totp',
      totp_code: right === '123456' ? '123457' : '123456',
    });
    expect(wrong.status).toBe(400);
    expect(fieldMessageIds(wrong, 'totp_code')).toEqual([4000008]);
    // The same secret as before: the app has it already.
    expect(nodeOf(wrong, 'totp_secret_key').attributes.text.text).toBe(secret);
    expect((await whoami(token)).json.authenticator_assurance_level).toBe('aal1');

    const saved = await submitSettings(harness, token, flowId, { method: 'totp', totp_code: right });
    expect(saved.status, saved.text).toBe(200);
    expect(saved.json.state).toBe('success');
    expect(messageIds(saved)).toEqual([1050001]);
    expect(nodeOf(saved, 'totp_unlink')).toMatchObject({
      group: 'totp',
      attributes: { type: 'submit', value: 'true', required: true },
      meta: { label: { id: 1050004 } },
    });
    expect(nodeOf(saved, 'totp_qr')).toBeUndefined();
    const session = (await whoami(token)).json;
    expect(session.authenticator_assurance_level).toBe('aal2');
    expect(session.authentication_methods.map((one: { method: string }) => one.method)).toEqual(['password', 'totp']);
  });

  it('stores the secret sealed, and shows administrators nothing else', async () => {
    const { person, secret } = await withTotp();
    const identity = await harness.admin('GET', `/admin/identities/${person.id}?include_credential=totp`);
    expect(identity.json.credentials.totp).toMatchObject({ type: 'totp', identifiers: [person.id] });
    expect(identity.text).not.toContain(secret);
    const { rows } = await harness.pool.query('SELECT * FROM settings_flows WHERE identity_id = $1', [person.id]);
    expect(rows.every((row) => row.totp_draft === null)).toBe(true);
  });

  it('tells all addresses, and how to object', async () => {
    const { person } = await withTotp();
    const mail = await harness.mail.waitFor(
      ({ to, subject }) => to.includes(person.email) && subject.includes('authenticator app'),
      15_000,
    );
    expect(mail.text).toContain('If it was not you');
    expect(mail.text).toContain(harness.publicUrl);
  });
});

describe('signing in with a second factor', () => {
  it('takes the password first: that alone shows nothing and opens no settings', async () => {
    const { person, secret } = await withTotp();
    const first = await signIn(harness, person.email, PASSWORD);
    expect(first.status).toBe(200);
    expect(first.json.session).toMatchObject({ authenticator_assurance_level: 'aal1' });
    expect(first.json.session).not.toHaveProperty('identity');
    const token = first.json.session_token as string;

    const login = new URL('/self-service/login/browser?aal=aal2', harness.publicUrl).href;
    const sessions = await harness.api('GET', '/sessions', { headers: { 'x-session-token': token } });
    for (const answer of [await whoami(token), await beginSettings(harness, token), sessions]) {
      expect(answer.status).toBe(403);
      expect(answer.headers.get('ory-error-id')).toBe('session_aal2_required');
      expect(answer.json.error).toMatchObject({ id: 'session_aal2_required', code: 403 });
      expect(answer.json.redirect_browser_to.startsWith(login)).toBe(true);
      expect(answer.json.error.details.redirect_browser_to).toBe(answer.json.redirect_browser_to);
    }

    const flow = await beginLogin(harness, token, 'aal=aal2');
    expect(flow.json).toMatchObject({ requested_aal: 'aal2', refresh: false });
    expect(messageIds(flow)).toEqual([1010004]);
    expect(flow.json.ui.nodes.map((node: any) => [node.group, node.attributes.name, node.meta.label?.id])).toEqual([
      ['default', 'csrf_token', undefined],
      ['totp', 'totp_code', 1010006],
      ['totp', 'method', 1010009],
    ]);

    const right = await showSecondFactor(harness, token, { totp_code: nextCode(harness, secret) });
    expect(right.status, right.text).toBe(200);
    expect(right.json.session_token).toBe(token);
    expect(right.json.session).toMatchObject({
      id: first.json.session.id,
      authenticator_assurance_level: 'aal2',
      authentication_methods: [
        { method: 'password', aal: 'aal1' },
        { method: 'totp', aal: 'aal2' },
      ],
      identity: { id: person.id },
    });
    expect((await whoami(token)).status).toBe(200);
    expect((await beginSettings(harness, token)).status).toBe(200);

    const again = await beginLogin(harness, token, 'aal=aal2');
    expect(again.status).toBe(400);
    expect(again.json.error.id).toBe('session_already_available');
  });

  it('refuses a second factor without the first', async () => {
    const answer = await harness.api('GET', '/self-service/login/api?aal=aal2');
    expect(answer.status).toBe(401);
    expect(answer.json.error.id).toBe('session_aal1_required');
    expect((await harness.api('GET', '/self-service/login/api?aal=aal3')).status).toBe(400);
  });

  it('answers a wrong code, none, and another method as Kratos does', async () => {
    const { person, secret } = await withTotp();
    const token = await signedIn(person);
    const right = nextCode(harness, secret);
    const wrong = await showSecondFactor(harness, token, { totp_code: right === '123456' ? '123457' : '123456' });
    expect(wrong.status).toBe(400);
    expect(messageIds(wrong)).toEqual([4000008]);
    const empty = await showSecondFactor(harness, token, { totp_code: '' });
    expect(fieldMessageIds(empty, 'totp_code')).toEqual([4000002]);
    expect(messageIds(await showSecondFactor(harness, token, { lookup_secret: 'abcd1234' }))).toEqual([4000014]);
    const flow = await beginLogin(harness, token, 'aal=aal2');
    const password = await harness.api('POST', `/self-service/login?flow=${flow.json.id as string}`, {
      body: { method: 'password', identifier: person.email, password: PASSWORD },
      headers: { 'x-session-token': token },
    });
    expect(password.status).toBe(400);
    expect(messageIds(password)).toEqual([4010002]);
    expect((await whoami(token)).status).toBe(403);
  });

  it('takes a code once: not again, not an older one, and not the one of the set-up', async () => {
    const { person, secret } = await withTotp();
    const [one, two] = [await signedIn(person), await signedIn(person)];
    const setUpCode = appCode(harness, secret);
    expect(messageIds(await showSecondFactor(harness, one, { totp_code: setUpCode }))).toEqual([4000008]);
    const older = nextCode(harness, secret);
    const newer = nextCode(harness, secret);
    expect((await showSecondFactor(harness, one, { totp_code: newer })).status).toBe(200);
    expect(messageIds(await showSecondFactor(harness, two, { totp_code: newer }))).toEqual([4000008]);
    expect(messageIds(await showSecondFactor(harness, two, { totp_code: older }))).toEqual([4000008]);
  });

  it('lets one of many sessions in that show the same code at once', async () => {
    const { person, secret } = await withTotp();
    const tokens = await Promise.all(Array.from({ length: 8 }, () => signedIn(person)));
    const code = nextCode(harness, secret);
    const answers = await Promise.all(tokens.map((token) => showSecondFactor(harness, token, { totp_code: code })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400, 400, 400, 400]);
  });

  it("does not let one person's flow and code into another's session", async () => {
    const [thief, victim] = [await withTotp(), await withTotp()];
    const [thiefToken, victimToken] = [await signedIn(thief.person), await signedIn(victim.person)];
    const flow = await beginLogin(harness, thiefToken, 'aal=aal2');
    const code = nextCode(harness, thief.secret);
    const crossed = await harness.api('POST', `/self-service/login?flow=${flow.json.id as string}`, {
      body: { method: 'totp', totp_code: code },
      headers: { 'x-session-token': victimToken },
    });
    expect(crossed.status).toBe(403);
    expect(crossed.json.error.id).toBe('security_identity_mismatch');
    expect((await showSecondFactor(harness, victimToken, { totp_code: code })).status).toBe(400);
  });
});

describe('removing the authenticator app', () => {
  it('is told to the owner; the next set-up has another secret', async () => {
    const { person, token, secret } = await withTotp();
    const flowId = (await beginSettings(harness, token)).json.id as string;
    const removed = await submitSettings(harness, token, flowId, { totp_unlink: true });
    expect(removed.status).toBe(200);
    const offered = nodeOf(removed, 'totp_secret_key').attributes.text.text as string;
    expect(offered).not.toBe(secret);
    expect((await whoami(await signedIn(person))).status).toBe(200);
    await harness.mail.waitFor(
      ({ to, subject }) => to.includes(person.email) && subject === 'The authenticator app was removed',
      15_000,
    );
  });

  it('needs a fresh sign-in, like setting it up', async () => {
    const { token } = await withTotp();
    const flowId = (await beginSettings(harness, token)).json.id as string;
    const late = { ...harness.clock };
    harness.clock.ahead += 3_600_000 - 60_000;
    const fresh = await beginSettings(harness, token);
    expect(fresh.status).toBe(200);
    harness.clock.ahead += 120_000;
    const refused = await submitSettings(harness, token, fresh.json.id as string, { totp_unlink: true });
    expect(refused.status).toBe(403);
    expect(refused.json.error.id).toBe('session_refresh_required');
    harness.clock.ahead = late.ahead;
    expect((await submitSettings(harness, token, flowId, { totp_unlink: true })).status).toBe(200);
  });
});

describe('a lost authenticator app', () => {
  it('can be removed by an administrator, and then the password is enough again', async () => {
    const { person } = await withTotp();
    const path = `/admin/identities/${person.id}/credentials/totp`;
    expect((await harness.admin('DELETE', path)).status).toBe(204);
    expect((await whoami(await signedIn(person))).status).toBe(200);
    expect((await harness.admin('DELETE', path)).status).toBe(404);
  });
});

describe('recovery of a person with a second factor', () => {
  it('leaves AAL1, changes nothing of the second factor, and settings ask for it', async () => {
    const { person, secret } = await withTotp();
    const { flowId, code } = await adminCode(harness, person);
    const session = opened(await submitCode(harness, flowId, code));
    const headers = { 'x-session-token': session.token };

    const fetched = await harness.api('GET', `/self-service/settings/flows?id=${session.settingsFlowId}`, { headers });
    const submitted = await setPassword(harness, session, 'brand-new-battery-9');
    for (const answer of [
      fetched,
      submitted,
      await whoami(session.token),
      await beginSettings(harness, session.token),
    ]) {
      expect(answer.status).toBe(403);
      expect(answer.json.error.id).toBe('session_aal2_required');
    }
    const removal = { totp_unlink: true };
    expect((await submitSettings(harness, session.token, session.settingsFlowId, removal)).status).toBe(403);
    const identity = await harness.admin('GET', `/admin/identities/${person.id}`);
    expect(Object.keys(identity.json.credentials).sort()).toEqual(['password', 'totp']);

    const shown = await showSecondFactor(harness, session.token, { totp_code: nextCode(harness, secret) });
    expect(shown.json.session).toMatchObject({
      authenticator_assurance_level: 'aal2',
      authentication_methods: [
        { method: 'code_recovery', aal: 'aal1' },
        { method: 'totp', aal: 'aal2' },
      ],
    });
    expect((await setPassword(harness, session, 'brand-new-battery-9')).status).toBe(200);
    expect((await flowRow(harness, flowId)).outcome).toBe('recovered');
    const next = await signIn(harness, person.email, 'brand-new-battery-9');
    expect(next.status).toBe(200);
    expect((await whoami(next.json.session_token as string)).status).toBe(403);
  });
});
