import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { messageIds, nextCode, PASSWORD, SECOND_FACTORS, setUpTotp } from '../../support/account-story.js';
import { createPerson, signIn } from '../../support/story.js';
import { csrfOf, flowIn, locationOf, newVisitor, signedInVisitor } from '../../support/visitor.js';

const HOUR = 3_600_000;

let harness: Harness;
beforeAll(async () => void (harness = await startHarness({ config: SECOND_FACTORS })));
afterAll(() => harness.stop());

describe('a login in a browser', () => {
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
    const flow = (await visitor.json('GET', `/self-service/login/browser?return_to=${encodeURIComponent(returnTo)}`))
      .json;
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
    const visitor = await signedInVisitor(harness, person);
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
