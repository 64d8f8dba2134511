import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import type { Answer } from '../../support/http.js';
import { invite, inviteOf, mailsTo, nthMail, outcomeOfInvite, partsOf, stepsOf } from '../../support/invites.js';
import { createPerson, flowRow, opened, setPassword, signIn, submitCode } from '../../support/story.js';

let harness: Harness;
beforeAll(async () => void (harness = await startHarness()));
afterAll(() => harness.stop());

/** A browser with its cookies, that sends forms and follows no redirect. */
function browser() {
  const jar = new Map<string, string>();
  const request = async (method: string, url: string, fields?: Record<string, string>): Promise<Answer> => {
    const { pathname, search } = new URL(url, harness.publicUrl);
    const answer = await harness.api(method, `${pathname}${search}`, {
      headers: {
        accept: 'text/html',
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(fields && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(fields && { body: new URLSearchParams(fields).toString() }),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split('=');
      jar.set(name, value);
    }
    return answer;
  };
  return {
    get: (url: string) => request('GET', url),
    head: (url: string) => request('HEAD', url),
    post: (url: string, fields: Record<string, string>) => request('POST', url, fields),
    forget: () => jar.clear(),
  };
}

/** The forms of a page: where each goes, and what its hidden fields hold. */
function formsOf(html: string): { action: string; fields: Record<string, string> }[] {
  return [...html.matchAll(/<form action="([^"]+)"[^>]*>(.*?)<\/form>/gs)].map(([, action = '', inner = '']) => ({
    action: action.replaceAll('&amp;', '&'),
    fields: Object.fromEntries(
      [...inner.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    ),
  }));
}

function formTo(html: string, path: string) {
  const form = formsOf(html).find(({ action }) => new URL(action).pathname === path);
  if (!form) throw new Error(`no form to ${path}`);
  return form;
}

const page = (flowId: string) => `/ui/invite?flow=${flowId}`;
const title = (html: string) => /<h1>(.*?)<\/h1>/.exec(html)?.[1];

describe('the page of an invite', () => {
  it('takes the code, and leads to a new password; looking at it is noted and uses nothing up', async () => {
    const { id, email } = await invite(harness, { flow_type: 'browser' });
    const { link, code } = partsOf(await nthMail(harness, email, 1));
    await expect.poll(() => stepsOf(harness, id)).toEqual(['pending', 'sent']);
    const invitee = browser();
    await invitee.head(link.href);
    expect(await stepsOf(harness, id)).toEqual(['pending', 'sent']);
    for (let times = 0; times < 5; times += 1) expect((await invitee.get(link.href)).status).toBe(200);
    expect(await stepsOf(harness, id)).toEqual(['pending', 'sent', 'opened']);

    const shown = await invitee.get(link.href);
    expect(title(shown.text)).toBe('You are invited');
    expect(shown.headers.get('referrer-policy')).toBe('no-referrer');
    expect(shown.text).not.toContain(email);
    const form = formTo(shown.text, '/self-service/recovery');
    const wrong = await invitee.post(form.action, {
      ...form.fields,
      method: 'code',
      code: code === '000000' ? '000001' : '000000',
    });
    expect(wrong.headers.get('location')).toBe(link.href);
    expect((await invitee.get(link.href)).text).toContain('data-message-id="4060006"');
    const right = await invitee.post(form.action, { ...form.fields, method: 'code', code });
    expect(right.status).toBe(303);
    expect(right.headers.get('location')).toContain('/ui/settings?flow=');
    const settings = await invitee.get(right.headers.get('location') ?? '');
    expect(settings.text).toContain('Welcome. Choose a password now');
    const set = formTo(settings.text, '/self-service/settings');
    await invitee.post(set.action, { ...set.fields, method: 'password', password: 'brand-new-battery-9' });
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
    invitee.forget();
    expect(title((await invitee.get(link.href)).text)).toBe('This invitation was accepted');
  });

  it('has a button for a link, which works once, however often it is looked at', async () => {
    const { id, email } = await invite(harness, { flow_type: 'browser', method: 'link' });
    const { link } = partsOf(await nthMail(harness, email, 1));
    expect(link.pathname).toBe('/self-service/recovery');
    const [scanner, invitee] = [browser(), browser()];
    for (let times = 0; times < 5; times += 1) {
      await scanner.head(link.href);
      expect(
        (await scanner.get(link.href)).headers.getSetCookie().some((cookie) => cookie.startsWith('ory_kratos_session')),
      ).toBe(false);
    }
    const shown = await invitee.get(link.href);
    expect(title(shown.text)).toBe('You are invited');
    const form = formTo(shown.text, '/self-service/recovery/confirm');
    const accepted = await invitee.post(form.action, form.fields);
    expect(accepted.headers.get('location')).toContain('/ui/settings?flow=');
    const again = await browser().get(link.href);
    expect(title(again.text)).toBe('You are invited');
    expect(again.text).toContain('The code was entered');
    expect((await inviteOf(harness, id)).status).toBe('opened');
  });

  it('tells of a newer message, and its old code and link do nothing', async () => {
    const { id, email } = await invite(harness, { flow_type: 'browser' });
    const first = partsOf(await nthMail(harness, email, 1));
    const invitee = browser();
    const form = formTo((await invitee.get(first.link.href)).text, '/self-service/recovery');
    await harness.admin('POST', `/admin/invites/${id}/resend`);
    await nthMail(harness, email, 2);
    const answer = await invitee.post(form.action, { ...form.fields, method: 'code', code: first.code });
    expect(answer.headers.get('location')).toBe(first.link.href);
    const told = await invitee.get(first.link.href);
    expect(title(told.text)).toBe('There is a newer message');
    expect(formsOf(told.text)).toEqual([]);
  });

  it('tells when it was withdrawn, and when there is none', async () => {
    const { id, flowId } = await invite(harness, { flow_type: 'browser' });
    await harness.admin('POST', `/admin/invites/${id}/revoke`);
    expect(title((await browser().get(page(flowId))).text)).toBe('This invitation was withdrawn');
    expect((await browser().get(page(randomUUID()))).status).toBe(404);
    expect((await browser().get('/ui/invite')).status).toBe(400);
    const person = await createPerson(harness);
    const code = await harness.admin('POST', '/admin/recovery/code', { body: { identity_id: person.id } });
    const flow = new URL(code.json.recovery_link as string).searchParams.get('flow') ?? '';
    expect((await browser().get(page(flow))).status).toBe(404);
  });

  it('sends invitees of an app there', async () => {
    const { flowId } = await invite(harness);
    const shown = await browser().get(page(flowId));
    expect(shown.text).toContain('belongs to an app');
    expect(formsOf(shown.text)).toEqual([]);
  });
});

describe('declining', () => {
  it('takes a click on the page, ends the code, and can be done twice', async () => {
    const { id, email } = await invite(harness, { flow_type: 'browser' });
    const { link, flowId } = partsOf(await nthMail(harness, email, 1));
    const invitee = browser();
    const form = formTo((await invitee.get(link.href)).text, '/self-service/invites/decline');
    const declined = await invitee.post(form.action, form.fields);
    expect(declined.headers.get('location')).toBe(link.href);
    expect(title((await invitee.get(link.href)).text)).toBe('You have declined');
    expect((await invitee.post(form.action, form.fields)).headers.get('location')).toBe(link.href);
    expect(await outcomeOfInvite(harness, id)).toBe('declined');
    expect((await inviteOf(harness, id)).steps.at(-1)).toMatchObject({ status: 'declined', by: 'invitee' });
    expect((await flowRow(harness, flowId)).outcome).toBe('cancelled');
    expect(mailsTo(harness, email)).toHaveLength(1);
  });

  it('is refused without the page’s token, and by GET', async () => {
    const { id, flowId } = await invite(harness, { flow_type: 'browser' });
    const stranger = browser();
    const { action } = formTo((await stranger.get(page(flowId))).text, '/self-service/invites/decline');
    const refused = await stranger.post(action, {});
    expect(refused.headers.get('location')).toContain('/ui/error');
    expect((await harness.api('POST', `/self-service/invites/decline?flow=${flowId}`, { body: {} })).status).toBe(403);
    expect((await stranger.get(action)).status).toBe(405);
    expect((await inviteOf(harness, id)).status).toBe('opened');
  });

  it('works for apps, which see how it stands', async () => {
    const { id, flowId } = await invite(harness, { metadata_public: { team: 'blue' }, locale: 'de' });
    const found = await harness.api('GET', `/self-service/invites?flow=${flowId}`);
    expect(found.json).toMatchObject({
      situation: 'open',
      may: { accept: true, decline: true, renew: false },
      metadata_public: { team: 'blue' },
      locale: 'de',
      flow: { id: flowId, type: 'api', method: 'code' },
    });
    expect(JSON.stringify(found.json)).not.toContain('@');
    const cookie = await harness.api('POST', `/self-service/invites/decline?flow=${flowId}`, {
      headers: { cookie: 'a=b' },
    });
    expect(cookie.status).toBe(400);
    const declined = await harness.api('POST', `/self-service/invites/decline?flow=${flowId}`);
    expect(declined.json.situation).toBe('declined');
    expect(await outcomeOfInvite(harness, id)).toBe('declined');
  });

  it('is too late once it was accepted or revoked', async () => {
    const accepted = await invite(harness, { delivery: 'none' });
    const session = opened(await submitCode(harness, accepted.flowId, accepted.json.recovery_code as string));
    await setPassword(harness, session, 'brand-new-battery-9');
    const late = await harness.api('POST', `/self-service/invites/decline?flow=${accepted.flowId}`);
    expect(late.status).toBe(409);
    expect(late.json.error).toMatchObject({ id: 'invite_state_conflict', details: { status: 'accepted' } });
    const revoked = await invite(harness, { delivery: 'none' });
    await harness.admin('POST', `/admin/invites/${revoked.id}/revoke`);
    expect((await harness.api('POST', `/self-service/invites/decline?flow=${revoked.flowId}`)).status).toBe(409);
  });

  it('needs the link of the newest message', async () => {
    const { id, flowId } = await invite(harness);
    await harness.admin('POST', `/admin/invites/${id}/resend`);
    expect((await harness.api('POST', `/self-service/invites/decline?flow=${flowId}`)).status).toBe(409);
  });
});

describe('asking for a new invite', () => {
  it('is refused unless the configuration allows it', async () => {
    const { flowId } = await invite(harness, { expires_in: '1ms' });
    const refused = await harness.api('POST', `/self-service/invites/renew?flow=${flowId}`);
    expect(refused.status).toBe(403);
    expect(refused.json.error.reason).toContain('invites.self_renewal');
    const shown = await browser().get(page(flowId));
    expect(title(shown.text)).toBe('This invitation has expired');
    expect(shown.text).toContain('Ask whoever invited you');
    expect(formsOf(shown.text)).toEqual([]);
  });
});

describe('the code of an invite', () => {
  it('cannot be sent to an address that somebody types', async () => {
    const { flowId, email } = await invite(harness);
    const thief = await createPerson(harness);
    const answer = await harness.api('POST', `/self-service/recovery?flow=${flowId}`, {
      body: { method: 'code', email: thief.email },
    });
    expect(answer.status).toBe(400);
    expect(mailsTo(harness, thief.email)).toEqual([]);
    expect((await flowRow(harness, flowId)).address).toBe(email);
  });

  it('opens one session for two clients at once', async () => {
    const { flowId, json } = await invite(harness, { delivery: 'none' });
    const code = json.recovery_code as string;
    const answers = await Promise.all(Array.from({ length: 6 }, () => submitCode(harness, flowId, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const { rows } = await harness.pool.query('SELECT id FROM sessions WHERE recovery_flow_id = $1', [flowId]);
    expect(rows).toHaveLength(1);
  });

  it('is refused to somebody who is signed in', async () => {
    const { flowId, json } = await invite(harness, { delivery: 'none' });
    const person = await createPerson(harness, 'old-horse-battery-1');
    const { session_token: token } = (await signIn(harness, person.email, 'old-horse-battery-1')).json as {
      session_token: string;
    };
    const answer = await submitCode(harness, flowId, json.recovery_code as string, { 'x-session-token': token });
    expect(answer.json.error.id).toBe('session_already_available');
  });
});
