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
  SECOND_FACTORS,
  setUpLookupSecrets,
  setUpTotp,
  showSecondFactor,
  shownCodes,
  submitSettings,
} from '../../support/second-factor.js';
import type { Person } from '../../support/story.js';
import { adminCode, createPerson, flowRow, opened, setPassword, signIn, submitCode } from '../../support/story.js';

const PASSWORD = 'old-horse-battery-1';

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
    for (const answer of [await whoami(token), await beginSettings(harness, token)]) {
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

describe('backup codes', () => {
  it('are shown, in force once confirmed, and each good for one use', async () => {
    const person = await createPerson(harness, PASSWORD);
    const token = await signedIn(person);
    const flow = await beginSettings(harness, token);
    const flowId = flow.json.id as string;
    const lookupNodes = (answer: typeof flow) =>
      answer.json.ui.nodes
        .filter((node: any) => node.group === 'lookup_secret')
        .map((node: any) => [node.attributes.name ?? node.attributes.id, node.meta.label.id]);
    expect(lookupNodes(flow)).toEqual([['lookup_secret_regenerate', 1050008]]);

    expect((await submitSettings(harness, token, flowId, { lookup_secret_confirm: true })).status).toBe(400);
    expect((await submitSettings(harness, token, flowId, { lookup_secret_reveal: true })).status).toBe(400);
    const made = await submitSettings(harness, token, flowId, { method: 'lookup_secret', lookup_secret_regenerate: true });
    expect(made.status).toBe(200);
    expect(made.json.state).toBe('show_form');
    expect(lookupNodes(made)).toEqual([
      ['lookup_secret_codes', 1050010],
      ['lookup_secret_confirm', 1050011],
    ]);
    const codes = shownCodes(made);
    expect(new Set(codes).size).toBe(12);
    expect(codes.every((code) => /^[a-z0-9]{8}$/.test(code))).toBe(true);
    const list = nodeOf(made, 'lookup_secret_codes').attributes.text;
    expect(list).toMatchObject({ id: 1050015, text: codes.join(', ') });
    expect(list.context.secrets[0]).toMatchObject({ id: 1050009, text: codes[0] });
    expect((await whoami(token)).json.authenticator_assurance_level).toBe('aal1');

    const saved = await submitSettings(harness, token, flowId, { lookup_secret_confirm: true });
    expect(saved.json.state).toBe('success');
    expect(lookupNodes(saved)).toEqual([
      ['lookup_secret_reveal', 1050007],
      ['lookup_secret_disable', 1050016],
    ]);
    expect((await whoami(token)).json).toMatchObject({ authenticator_assurance_level: 'aal2' });

    const other = await signedIn(person);
    expect((await whoami(other)).status).toBe(403);
    const asked = await beginLogin(harness, other, 'aal=aal2');
    expect(lookupNodes(asked)).toEqual([
      ['lookup_secret', 1010007],
      ['method', 1010010],
    ]);
    const typed = ` ${(codes[3] ?? '').toUpperCase()} `;
    expect(messageIds(await showSecondFactor(harness, other, { lookup_secret: 'zzzzzzzz' }))).toEqual([4000016]);
    expect((await showSecondFactor(harness, other, { lookup_secret: typed })).status).toBe(200);
    const third = await signedIn(person);
    expect(messageIds(await showSecondFactor(harness, third, { lookup_secret: codes[3] ?? '' }))).toEqual([4000012]);

    const revealed = await submitSettings(harness, token, flowId, { lookup_secret_reveal: true });
    expect(lookupNodes(revealed)).toEqual([
      ['lookup_secret_regenerate', 1050008],
      ['lookup_secret_codes', 1050010],
      ['lookup_secret_disable', 1050016],
    ]);
    expect(shownCodes(revealed)).toEqual(codes.filter((code) => code !== codes[3]));
    expect(nodeOf(revealed, 'lookup_secret_codes').attributes.text.context.secrets[3]).toMatchObject({ id: 1050014 });
  });

  it('stop working when new ones are confirmed, and not before', async () => {
    const person = await createPerson(harness, PASSWORD);
    const token = await signedIn(person);
    const [one = '', two = ''] = await setUpLookupSecrets(harness, token);
    const flowId = (await beginSettings(harness, token)).json.id as string;
    const [fresh = ''] = shownCodes(await submitSettings(harness, token, flowId, { lookup_secret_regenerate: true }));
    expect((await showSecondFactor(harness, await signedIn(person), { lookup_secret: one })).status).toBe(200);
    await submitSettings(harness, token, flowId, { lookup_secret_confirm: true });
    expect(messageIds(await showSecondFactor(harness, await signedIn(person), { lookup_secret: two }))).toEqual([4000016]);
    expect((await showSecondFactor(harness, await signedIn(person), { lookup_secret: fresh })).status).toBe(200);
  });

  it('can be removed, and then the password is enough again', async () => {
    const person = await createPerson(harness, PASSWORD);
    const token = await signedIn(person);
    await setUpLookupSecrets(harness, token);
    const flowId = (await beginSettings(harness, token)).json.id as string;
    expect((await submitSettings(harness, token, flowId, { lookup_secret_disable: true })).status).toBe(200);
    expect((await whoami(await signedIn(person))).status).toBe(200);
    await harness.mail.waitFor(
      ({ to, subject }) => to.includes(person.email) && subject === 'The backup codes were removed',
      15_000,
    );
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

describe('recovery of a person with a second factor', () => {
  it('leaves AAL1, changes nothing of the second factor, and settings ask for it', async () => {
    const { person, secret } = await withTotp();
    const { flowId, code } = await adminCode(harness, person);
    const session = opened(await submitCode(harness, flowId, code));
    const headers = { 'x-session-token': session.token };

    const fetched = await harness.api('GET', `/self-service/settings/flows?id=${session.settingsFlowId}`, { headers });
    const submitted = await setPassword(harness, session, 'brand-new-battery-9');
    for (const answer of [fetched, submitted, await whoami(session.token), await beginSettings(harness, session.token)]) {
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
