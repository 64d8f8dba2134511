import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import type { Answer } from '../../support/http.js';
import {
  invite,
  inviteOf,
  mailsTo,
  newAddress,
  nthMail,
  outcomeOfInvite,
  partsOf,
  postInvite,
  stepsOf,
} from '../../support/invites.js';
import {
  adminCode,
  createPerson,
  flowRow,
  opened,
  setPassword,
  signIn,
  submitCode,
  whoamiStatus,
} from '../../support/story.js';

const PASSWORD = 'brand-new-battery-9';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    config: { selfservice: { allowed_return_urls: ['https://app.example.test/welcome'] } },
  });
});
afterAll(() => harness.stop());

const resend = (id: string, body?: unknown, headers?: Record<string, string>) =>
  harness.admin('POST', `/admin/invites/${id}/resend`, { body, headers });
const revoke = (id: string) => harness.admin('POST', `/admin/invites/${id}/revoke`);
const state = (answer: Answer) => ({
  code: answer.status,
  id: answer.json.error.id,
  status: answer.json.error.details.status,
});

/** Takes an invite to its end: code, then password. */
async function accept(flowId: string, code: string): Promise<{ token: string }> {
  const session = opened(await submitCode(harness, flowId, code));
  expect((await setPassword(harness, session, PASSWORD)).status).toBe(200);
  return session;
}

describe('an invite', () => {
  it('makes the person, mails a code, and is accepted when they set a password, which verifies the address', async () => {
    const { id, identityId, email, json } = await invite(harness);
    expect(json).toMatchObject({
      identity_id: identityId,
      status: 'pending',
      address: email,
      delivery: 'email',
      method: 'code',
      created_by: null,
      reminders: ['72h0m0s', '24h0m0s'],
      metadata_public: null,
    });
    expect(json.recovery_code).toBeUndefined();
    expect(new Date(json.expires_at).getTime() - new Date(json.created_at).getTime()).toBe(168 * 3_600_000);
    const { flowId, code, link } = partsOf(await nthMail(harness, email, 1));
    expect(link.href).toBe(`${harness.publicUrl}/ui/invite?flow=${flowId}`);
    await expect.poll(() => stepsOf(harness, id)).toEqual(['pending', 'sent']);

    expect((await harness.api('GET', `/self-service/recovery/flows?id=${flowId}`)).status).toBe(200);
    expect(await stepsOf(harness, id)).toEqual(['pending', 'sent', 'opened']);
    await accept(flowId, code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
    const after = await inviteOf(harness, id);
    expect(after.status).toBe('accepted');
    expect(after.steps.map((step: any) => step.status)).toEqual(['pending', 'sent', 'opened', 'accepted']);
    for (const { at } of after.steps) expect(at).toMatch(/^\d{4}-\d\d-\d\dT/);
    const identity = await harness.admin('GET', `/admin/identities/${identityId}`);
    expect(identity.json.verifiable_addresses[0]).toMatchObject({ verified: true, status: 'completed' });
    expect((await signIn(harness, email, PASSWORD)).status).toBe(200);
    expect((await nthMail(harness, email, 2)).subject).toMatch(/^Welcome/);
  });

  it('is answered with 201, its address and everything that was asked for', async () => {
    const email = newAddress();
    const answer = await postInvite(harness, {
      traits: { email, name: { first: 'Ada' } },
      expires_in: '2000h',
      reminders: ['48h'],
      return_to: 'https://app.example.test/welcome',
      metadata_public: { team: 'blue' },
      metadata_admin: { ticket: 7 },
      locale: 'de-CH',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`${harness.adminUrl}/admin/invites/${answer.json.id as string}`);
    expect(answer.json).toMatchObject({
      return_to: 'https://app.example.test/welcome',
      metadata_public: { team: 'blue' },
      locale: 'de-CH',
      reminders: ['48h0m0s'],
    });
    expect(await inviteOf(harness, answer.json.id as string)).toMatchObject({
      id: answer.json.id,
      metadata_public: { team: 'blue' },
    });
    const identity = await harness.admin('GET', `/admin/identities/${answer.json.identity_id as string}`);
    expect(identity.json).toMatchObject({ metadata_public: { team: 'blue' }, metadata_admin: { ticket: 7 } });
    const { flowId, code } = partsOf(await nthMail(harness, email, 1));
    const session = opened(await submitCode(harness, flowId, code));
    const settings = await harness.api('GET', `/self-service/settings/flows?id=${session.settingsFlowId}`, {
      headers: { 'x-session-token': session.token },
    });
    expect(settings.json.return_to).toBe('https://app.example.test/welcome');
  });

  it('hands link and code to a caller who brings them to the invitee, mails nothing and proves no address', async () => {
    const { id, identityId, email, json } = await invite(harness, { delivery: 'none' });
    expect(json).toMatchObject({ status: 'sent', delivery: 'none' });
    expect(json.recovery_code).toMatch(/^\d{6}$/);
    expect(json.recovery_link).toBe(`${harness.publicUrl}/ui/invite?flow=${json.flow_id as string}`);
    expect((await inviteOf(harness, id)).recovery_code).toBeUndefined();
    await accept(json.flow_id as string, json.recovery_code as string);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
    const identity = await harness.admin('GET', `/admin/identities/${identityId}`);
    expect(identity.json.verifiable_addresses[0].verified).toBe(false);
    expect(mailsTo(harness, email).map(({ subject }) => subject)).toEqual(['Welcome to Latchkey']);
  });

  it('can be a link', async () => {
    const { id, email, json } = await invite(harness, { method: 'link', flow_type: 'browser', delivery: 'none' });
    expect(json.recovery_code).toBeUndefined();
    const link = new URL(json.recovery_link as string);
    expect(`${link.origin}${link.pathname}`).toBe(`${harness.publicUrl}/self-service/recovery`);
    const again = await resend(id);
    expect(again.json.recovery_link).not.toBe(json.recovery_link);
    expect(mailsTo(harness, email)).toEqual([]);
  });

  it('takes a person who is there already, once at a time', async () => {
    const person = await createPerson(harness);
    const first = await postInvite(harness, { identity_id: person.id });
    expect(first.json).toMatchObject({ identity_id: person.id, address: person.email });
    const second = await postInvite(harness, { identity_id: person.id });
    expect(state(second)).toMatchObject({ code: 409, id: 'invite_state_conflict' });
    expect(second.json.error.details.invite_id).toBe(first.json.id);
    expect((await revoke(first.json.id as string)).status).toBe(200);
    expect((await postInvite(harness, { identity_id: person.id })).status).toBe(201);
  });

  it('goes to the address that was asked for, if it is one of the person’s', async () => {
    const person = await createPerson(harness);
    expect((await postInvite(harness, { identity_id: person.id, address: newAddress() })).json.error.reason).toMatch(
      /^address: /,
    );
    const upper = await postInvite(harness, { identity_id: person.id, address: person.email.toUpperCase() });
    expect(upper.json.address).toBe(person.email);
  });

  it('comes again, the same one, for the same Idempotency-Key, also for two requests at once', async () => {
    const email = newAddress();
    const ask = (body: object) =>
      postInvite(harness, { traits: { email }, delivery: 'none', ...body }, { 'idempotency-key': `key-${email}` });
    const [first, second] = await Promise.all([ask({}), ask({})]);
    expect(first.status).toBe(201);
    expect(second.json).toEqual(first.json);
    expect((await ask({})).json.recovery_code).toBe(first.json.recovery_code);
    expect((await ask({ locale: 'de' })).status).toBe(422);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no traits', { traits: undefined }, /traits/],
    ['traits that do not fit the schema', { traits: { email: 7 } }, /traits\.email/],
    ['an unknown schema', { schema_id: 'nobody' }, /schema/],
    ['an unknown field', { expires: '1h' }, /expires: is not a known field/],
    ['a duration that is none', { expires_in: '3 days' }, /^expires_in: is not a duration/],
    ['no time', { expires_in: '0s' }, /^expires_in: must lie in the future/],
    ['more time than allowed', { expires_in: '8761h' }, /^expires_in: may be at most 8760h0m0s/],
    ['a reminder that is no duration', { reminders: ['1d'] }, /^reminders\.0: is not a duration/],
    ['too many reminders', { reminders: Array.from({ length: 11 }, (_, at) => `${at + 1}h`) }, /reminders/],
    ['a delivery that there is not', { delivery: 'pigeon' }, /delivery: must be one of/],
    ['a method that there is not', { method: 'oidc' }, /method: must be one of/],
    ['a locale that is none', { locale: 'de_CH!' }, /locale/],
    ['a foreign return_to', { return_to: 'https://evil.example/' }, /return_to/],
    ['both a person and traits', { identity_id: randomUUID() }, /identity_id, traits/],
    ['an id that is none', { identity_id: 'me', traits: undefined }, /identity_id: must be a UUID/],
  ])('is refused with %s, and leaves nothing behind', async (_, body, reason) => {
    const email = newAddress();
    const answer = await postInvite(harness, { traits: { email }, ...body });
    expect(answer.status).toBe(400);
    expect(answer.json.error.reason).toMatch(reason);
    expect((await harness.admin('GET', `/admin/identities?credentials_identifier=${email}`)).json).toEqual([]);
    expect((await postInvite(harness, { traits: { email } })).status).toBe(201);
  });

  it('is refused for people who are unknown, inactive, or have the same address as somebody', async () => {
    expect((await postInvite(harness, { identity_id: randomUUID() })).status).toBe(404);
    const person = await createPerson(harness);
    expect((await postInvite(harness, { traits: { email: person.email } })).status).toBe(409);
    await harness.admin('PATCH', `/admin/identities/${person.id}`, {
      body: [{ op: 'replace', path: '/state', value: 'inactive' }],
    });
    expect((await postInvite(harness, { identity_id: person.id })).status).toBe(409);
  });
});

describe('resending an invite', () => {
  it('mails a new code with a new deadline, and the old code dies at once', async () => {
    const { id, email, json } = await invite(harness, { expires_in: '48h' });
    const first = partsOf(await nthMail(harness, email, 1));
    const answer = await resend(id, { expires_in: '720h' });
    expect(answer.status).toBe(200);
    expect(answer.json.status).toBe('pending');
    expect(Date.parse(answer.json.expires_at as string)).toBeGreaterThan(
      Date.parse(json.expires_at as string) + 600 * 3_600_000,
    );
    expect((await submitCode(harness, first.flowId, first.code)).status).toBe(400);
    const second = partsOf(await nthMail(harness, email, 2));
    expect(second.flowId).not.toBe(first.flowId);
    await expect.poll(() => stepsOf(harness, id)).toEqual(['pending', 'sent', 'pending', 'sent']);
    await accept(second.flowId, second.code);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
  });

  it('gives a caller who delivers it themself the new code', async () => {
    const { id, json } = await invite(harness, { delivery: 'none' });
    const again = await resend(id);
    expect(again.json.status).toBe('sent');
    expect(again.json.recovery_code).toMatch(/^\d{6}$/);
    expect((await submitCode(harness, json.flow_id as string, json.recovery_code as string)).status).toBe(400);
    opened(await submitCode(harness, again.json.flow_id as string, again.json.recovery_code as string));
  });

  it('happens once for the same Idempotency-Key', async () => {
    const { id, email } = await invite(harness);
    await nthMail(harness, email, 1);
    const key = { 'idempotency-key': `resend-${id}` };
    const first = await resend(id, {}, key);
    const second = await resend(id, {}, key);
    expect(second.json.flow_id).toBe(first.json.flow_id);
    await nthMail(harness, email, 2);
    expect((await resend(id, { expires_in: '1h' }, key)).status).toBe(422);
  });

  it('follows an address that was mended', async () => {
    const { id, identityId, email } = await invite(harness);
    const { flowId, code } = partsOf(await nthMail(harness, email, 1));
    const mended = newAddress();
    await harness.admin('PUT', `/admin/identities/${identityId}`, {
      body: { schema_id: 'default', state: 'active', traits: { email: mended } },
    });
    // The stranger who has the first address gets nowhere.
    expect((await submitCode(harness, flowId, code)).status).toBe(400);
    expect((await resend(id)).json.address).toBe(mended);
    const second = partsOf(await nthMail(harness, mended, 1));
    await accept(second.flowId, second.code);
  });

  it('by an operator’s signal without arguments does the same', async () => {
    const { id, email } = await invite(harness);
    const first = partsOf(await nthMail(harness, email, 1));
    await harness.workflows.handle(id, 'invite').signal('resend');
    const second = partsOf(await nthMail(harness, email, 2));
    expect((await submitCode(harness, first.flowId, first.code)).status).toBe(400);
    opened(await submitCode(harness, second.flowId, second.code));
  });

  it('is refused for what is over, with its state, and for bad bodies', async () => {
    const revoked = await invite(harness);
    await revoke(revoked.id);
    expect(state(await resend(revoked.id))).toEqual({ code: 409, id: 'invite_state_conflict', status: 'revoked' });
    const accepted = await invite(harness, { delivery: 'none' });
    await accept(accepted.flowId, accepted.json.recovery_code as string);
    expect(state(await resend(accepted.id))).toMatchObject({ code: 409, status: 'accepted' });
    const { id } = await invite(harness);
    expect((await resend(id, { expires_in: 'never' })).status).toBe(400);
    expect((await resend(id, { expires: '1h' })).status).toBe(400);
    expect((await resend(randomUUID())).status).toBe(404);
    expect((await resend('x')).status).toBe(404);
  });
});

describe('revoking an invite', () => {
  it('ends it and its code; doing it again changes nothing', async () => {
    const { id, flowId, json } = await invite(harness, { delivery: 'none' });
    const answer = await revoke(id);
    expect(answer.status).toBe(200);
    expect(answer.json.status).toBe('revoked');
    expect((await submitCode(harness, flowId, json.recovery_code as string)).status).toBe(400);
    expect(await outcomeOfInvite(harness, id)).toBe('revoked');
    expect((await revoke(id)).json.steps).toEqual(answer.json.steps);
    expect((await flowRow(harness, flowId)).outcome).toBe('cancelled');
  });

  it('ends a session that its code opened', async () => {
    const { id, flowId, json } = await invite(harness, { delivery: 'none' });
    const session = opened(await submitCode(harness, flowId, json.recovery_code as string));
    await revoke(id);
    expect(await whoamiStatus(harness, session.token)).toBe(401);
    expect((await setPassword(harness, session, PASSWORD)).status).toBe(401);
    expect((await inviteOf(harness, id)).status).toBe('revoked');
  });

  it('works from the Temporal UI, without arguments', async () => {
    const { id } = await invite(harness);
    await harness.workflows.handle(id, 'invite').signal('revoke');
    expect(await outcomeOfInvite(harness, id)).toBe('revoked');
    expect((await inviteOf(harness, id)).steps.at(-1)).toMatchObject({ status: 'revoked', by: 'operator' });
    const other = await invite(harness);
    await harness.workflows.handle(other.id, 'invite').cancel();
    expect(await outcomeOfInvite(harness, other.id)).toBe('revoked');
  });

  it('is refused for an accepted one', async () => {
    const { id, flowId, json } = await invite(harness, { delivery: 'none' });
    await accept(flowId, json.recovery_code as string);
    expect(state(await revoke(id))).toEqual({ code: 409, id: 'invite_state_conflict', status: 'accepted' });
    expect((await inviteOf(harness, id)).status).toBe('accepted');
  });
});

describe('what was planted on an unverified address', () => {
  it('is gone when the invitee comes: sessions, password and second factors', async () => {
    const person = await createPerson(harness, 'planted-battery-1');
    const planted = (await signIn(harness, person.email, 'planted-battery-1')).json.session_token as string;
    await harness.pool.query(
      `INSERT INTO credentials (identity_id, type, config, created_at, updated_at) VALUES ($1, 'totp', '{}', now(), now())`,
      [person.id],
    );
    const answer = await postInvite(harness, { identity_id: person.id });
    const { flowId, code } = partsOf(await nthMail(harness, person.email, 1));
    expect(flowId).toBe(answer.json.flow_id);
    const session = opened(await submitCode(harness, flowId, code));
    expect(await whoamiStatus(harness, planted)).toBe(401);
    expect((await signIn(harness, person.email, 'planted-battery-1')).status).toBe(400);
    const { rows } = await harness.pool.query(`SELECT type, config FROM credentials WHERE identity_id = $1`, [
      person.id,
    ]);
    expect(rows).toEqual([{ type: 'password', config: {} }]);
    expect((await setPassword(harness, session, PASSWORD)).status).toBe(200);
    expect(await whoamiStatus(harness, session.token)).toBe(200);
    expect((await signIn(harness, person.email, PASSWORD)).status).toBe(200);
  });

  it('is gone too when the invitee comes by a recovery, which accepts the invite', async () => {
    const person = await createPerson(harness, 'planted-battery-1');
    const planted = (await signIn(harness, person.email, 'planted-battery-1')).json.session_token as string;
    const answer = await postInvite(harness, { identity_id: person.id });
    const { flowId, code } = await adminCode(harness, person);
    await accept(flowId, code);
    expect(await whoamiStatus(harness, planted)).toBe(401);
    expect(await outcomeOfInvite(harness, answer.json.id as string)).toBe('accepted');
    expect((await flowRow(harness, answer.json.flow_id as string)).outcome).toBe('cancelled');
  });

  it('is left alone where the address was verified before', async () => {
    const email = newAddress();
    const made = await harness.admin('POST', '/admin/identities', {
      body: {
        traits: { email },
        verifiable_addresses: [{ value: email, via: 'email', verified: true }],
        credentials: { password: { config: { password: 'proper-battery-1' } } },
      },
    });
    const { session_token: token } = (await signIn(harness, email, 'proper-battery-1')).json as {
      session_token: string;
    };
    await postInvite(harness, { identity_id: made.json.id });
    const { flowId, code } = partsOf(await nthMail(harness, email, 1));
    opened(await submitCode(harness, flowId, code));
    expect(await whoamiStatus(harness, token)).toBe(200);
    expect((await signIn(harness, email, 'proper-battery-1')).status).toBe(200);
  });
});

describe('the mail of an invite', () => {
  it('that the server refuses for good makes it failed, and the next one that is taken makes it sent', async () => {
    const email = newAddress();
    harness.mail.setBehaviour(({ to }) => (to.includes(email) ? { code: 550, text: 'no such mailbox' } : 'accept'));
    const answer = await postInvite(harness, { traits: { email } });
    const id = answer.json.id as string;
    await expect.poll(() => stepsOf(harness, id), { timeout: 15_000 }).toEqual(['pending', 'failed']);
    harness.mail.setBehaviour(null);
    await resend(id);
    await expect
      .poll(() => stepsOf(harness, id), { timeout: 15_000 })
      .toEqual(['pending', 'failed', 'pending', 'sent']);
  });

  it('is reported on by whoever knows what became of it', async () => {
    const report = (id: string, status: unknown) =>
      harness.admin('POST', `/admin/invites/${id}/delivery`, { body: { status } });
    const { id, flowId, email } = await invite(harness);
    await nthMail(harness, email, 1);
    await expect.poll(() => stepsOf(harness, id)).toEqual(['pending', 'sent']);
    expect((await report(id, 'delivered')).json.status).toBe('delivered');
    expect((await report(id, 'failed')).json.status).toBe('failed');
    await harness.api('GET', `/self-service/recovery/flows?id=${flowId}`);
    expect((await report(id, 'delivered')).json.status).toBe('opened');
    expect((await report(id, 'lost')).status).toBe(400);
    expect((await report(randomUUID(), 'delivered')).status).toBe(404);
  });

  it('leads to the page where it can be declined, and goes out once', async () => {
    const { id, email } = await invite(harness);
    const mail = await nthMail(harness, email, 1);
    expect(mail.text).toContain('decline');
    expect(mail.subject).toBe('You are invited to Latchkey');
    await expect.poll(() => stepsOf(harness, id)).toEqual(['pending', 'sent']);
    expect(mailsTo(harness, email)).toHaveLength(1);
  });
});

describe('deliver: true', () => {
  it.each(['code', 'link'] as const)(
    'mails the %s of an administrator for them, and answers as ever',
    async (method) => {
      const person = await createPerson(harness);
      const answer = await harness.admin('POST', `/admin/recovery/${method}`, {
        body: { identity_id: person.id, deliver: true },
      });
      expect(answer.status).toBe(method === 'code' ? 201 : 200);
      const mail = await nthMail(harness, person.email, 1);
      expect(mail.text).toContain(method === 'code' ? answer.json.recovery_code : answer.json.recovery_link);
      // Whoever read the answer knows it too: it proves nothing about the mailbox.
      if (method === 'code') {
        const flowId = new URL(answer.json.recovery_link as string).searchParams.get('flow') ?? '';
        expect((await submitCode(harness, flowId, answer.json.recovery_code as string)).status).toBe(200);
        const identity = await harness.admin('GET', `/admin/identities/${person.id}`);
        expect(identity.json.verifiable_addresses[0].verified).toBe(false);
      }
    },
  );

  it('is refused unless it is true or false', async () => {
    const person = await createPerson(harness);
    const answer = await harness.admin('POST', '/admin/recovery/code', {
      body: { identity_id: person.id, deliver: 'yes' },
    });
    expect(answer.status).toBe(400);
  });
});

describe('the list of invites', () => {
  const list = (query: string) => harness.admin('GET', `/admin/invites?${query}`);
  const ids = (answer: Answer): string[] => (answer.json as { id: string }[]).map(({ id }) => id);

  it('is an array, newest first, in pages that the Link header leads through', async () => {
    const made: string[] = [];
    const team = randomUUID();
    for (let at = 0; at < 5; at += 1)
      made.unshift((await invite(harness, { delivery: 'none', metadata_public: { team } })).id);
    const first = await list(`text=${team}&page_size=2`);
    expect(ids(first)).toEqual(made.slice(0, 2));
    const next = (answer: Answer) => /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
    expect(first.headers.get('link')).toContain('rel="first"');
    const second = await harness.admin('GET', next(first) ?? '');
    expect(ids(second)).toEqual(made.slice(2, 4));
    const third = await harness.admin('GET', next(second) ?? '');
    expect(ids(third)).toEqual(made.slice(4));
    expect(next(third)).toBeUndefined();
  });

  it('is narrowed by status, address, date, person and text', async () => {
    const before = new Date(Date.now() - 1).toISOString();
    const { id, email, identityId } = await invite(harness, {
      delivery: 'none',
      metadata_public: { name: '100% Ünïque_name' },
    });
    const revoked = await invite(harness, { delivery: 'none' });
    await revoke(revoked.id);
    const after = new Date(Date.now() + 1_000).toISOString();
    expect(ids(await list(`address=${email.toUpperCase()}`))).toEqual([id]);
    expect(ids(await list(`identity_id=${identityId}`))).toEqual([id]);
    expect(ids(await list(`text=${encodeURIComponent('100% ünïque_NAME')}`))).toEqual([id]);
    expect(ids(await list(`text=${email.slice(0, 20)}`))).toEqual([id]);
    expect(ids(await list(`text=100%25_`))).toEqual([]);
    expect(ids(await list(`status=revoked&created_after=${before}`))).toEqual([revoked.id]);
    expect(ids(await list(`status=revoked&status=sent&created_after=${before}&created_before=${after}`))).toEqual([
      revoked.id,
      id,
    ]);
    expect(ids(await list(`created_before=2020-01-31`))).toEqual([]);
    expect(ids(await list(`creator=nobody`))).toEqual([]);
  });

  it.each([
    'status=open',
    'stauts=sent',
    'created_after=yesterday',
    'created_before=2026-13-01',
    'identity_id=me',
    'address=me',
    'page_token=x',
    'page_size=0',
    'text=a%00b',
  ])('refuses %s', async (query) => expect((await list(query)).status).toBe(400));
});
