import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import {
  beginSettings,
  changePassword,
  fieldMessageIds,
  messageIds,
  nodeOf,
  PASSWORD,
  signedIn,
  submitSettings,
} from '../../support/account-story.js';
import { createPerson, signIn, whoamiStatus } from '../../support/story.js';
import { csrfOf, flowIn, locationOf, signedInVisitor } from '../../support/visitor.js';

const HOUR = 3_600_000;

let harness: Harness;
beforeAll(async () => void (harness = await startHarness()));
afterAll(() => harness.stop());

describe('the settings form', () => {
  it('has what Kratos shows where no second factor is offered', async () => {
    const { token } = await signedIn(harness);
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
    const { token, flowId } = await signedIn(harness);
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
    const [mine, theirs] = [await signedIn(harness), await signedIn(harness)];
    const answer = await changePassword(harness, theirs.token, mine.flowId, 'brand-new-battery-9');
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
    const { person, token, flowId } = await signedIn(harness);
    const answer = await changePassword(harness, token, flowId, password);
    expect(answer.status).toBe(400);
    expect(answer.json.state).toBe('show_form');
    expect(fieldMessageIds(answer, 'password')).toEqual([id]);
    expect((await signIn(harness, person.email, PASSWORD)).status).toBe(200);
  });

  it('is refused when it is like the login name', async () => {
    const { person, token, flowId } = await signedIn(harness);
    const answer = await changePassword(harness, token, flowId, `${person.email.split('@')[0] ?? ''}x`);
    expect(fieldMessageIds(answer, 'password')).toEqual([4000031]);
  });

  it('counts characters, not bytes or halves of them', async () => {
    const { token, flowId } = await signedIn(harness);
    expect(fieldMessageIds(await changePassword(harness, token, flowId, '🐎🐎🐎🐎🐎🐎🐎'), 'password')).toEqual([
      4000032,
    ]);
    expect((await changePassword(harness, token, flowId, '🐎🐎🐎🐎🐎🐎🐎🐎')).status).toBe(200);
  });

  it('is the one that signs in, and another may follow in the same form', async () => {
    const { person, token, flowId } = await signedIn(harness);
    for (const password of ['brand-new-battery-9', 'brand-new-battery-10']) {
      const saved = await changePassword(harness, token, flowId, password);
      expect(saved.status).toBe(200);
      expect(saved.json.state).toBe('success');
      expect(messageIds(saved)).toEqual([1050001]);
      expect((await signIn(harness, person.email, password)).status).toBe(200);
    }
    expect((await signIn(harness, person.email, PASSWORD)).status).toBe(400);
  });

  it('leaves other sessions alone unless told otherwise', async () => {
    const { person, token, flowId } = await signedIn(harness);
    const other = (await signIn(harness, person.email, PASSWORD)).json.session_token as string;
    await changePassword(harness, token, flowId, 'brand-new-battery-9');
    expect(await whoamiStatus(harness, other)).toBe(200);
  });
});

describe('the privileged time', () => {
  it('over, a password needs a new sign-in, whatever it is; other data does not', async () => {
    const { person, token } = await signedIn(harness);
    const before = harness.clock.ahead;
    harness.clock.ahead += HOUR;
    const flowId = (await beginSettings(harness, token)).json.id as string;
    for (const password of ['brand-new-battery-9', 'x']) {
      const answer = await changePassword(harness, token, flowId, password);
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
    const { person, token, flowId } = await signedIn(harness);
    const before = harness.clock.ahead;
    harness.clock.ahead += HOUR;
    const answer = await changePassword(harness, token, flowId, 'brand-new-battery-9');
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
    const { person, token, flowId } = await signedIn(harness);
    const email = `moved-${person.email}`;
    const saved = await submitSettings(harness, token, flowId, { method: 'profile', traits: { email } });
    expect(saved.status).toBe(200);
    expect(nodeOf(saved, 'traits.email').attributes.value).toBe(email);
    expect((await signIn(harness, email, PASSWORD)).status).toBe(200);
    expect((await signIn(harness, person.email, PASSWORD)).status).toBe(400);
    const taken = await createPerson(harness);
    const conflict = await submitSettings(harness, token, flowId, {
      method: 'profile',
      traits: { email: taken.email },
    });
    expect(conflict.status).toBe(409);
    const wrong = await submitSettings(harness, token, flowId, { method: 'profile', traits: { email: 'none' } });
    expect(fieldMessageIds(wrong, 'traits.email')).toEqual([4000001]);
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
    expect((await changePassword(strict, token, flowId, 'brand-new-battery-9')).status).toBe(200);
    expect(await whoamiStatus(strict, other)).toBe(401);
    expect(await whoamiStatus(strict, token)).toBe(200);
    expect(await whoamiStatus(strict, stranger.token)).toBe(200);
  });
});
