import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { noteSecret } from '../../support/leftovers.js';
import {
  fieldMessageIds,
  messageIds,
  nodeOf,
  PASSWORD,
  SECOND_FACTORS,
  setUpTotp,
} from '../../support/account-story.js';
import { createPerson, signIn, whoamiStatus } from '../../support/story.js';

const HOUR = 3_600_000;

let harness: Harness;
beforeAll(async () => void (harness = await startHarness({ config: SECOND_FACTORS })));
afterAll(() => harness.stop());

const submit = (flowId: string, body: unknown, headers: Record<string, string> = {}) =>
  harness.api('POST', `/self-service/login?flow=${flowId}`, { body, headers });
const begin = async (): Promise<string> => (await harness.api('GET', '/self-service/login/api')).json.id as string;

describe('a wrong password', () => {
  it('is answered alike for known names, unknown ones and accounts without a password', async () => {
    const [known, bare] = [await createPerson(harness, PASSWORD), await createPerson(harness)];
    const answers = await Promise.all(
      [known.email, bare.email, `nobody-${known.email}`, 'no address at all'].map(async (identifier) => {
        const flowId = await begin();
        const { status, text } = await submit(flowId, { method: 'password', identifier, password: 'wrong-horse' });
        return {
          status,
          text: text
            .replaceAll(flowId, 'ID')
            .replaceAll(identifier, 'NAME')
            .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'),
        };
      }),
    );
    expect(answers[0]?.status).toBe(400);
    expect(answers[0]?.text).toContain('4000006');
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('keeps the name in the form, and never the password', async () => {
    const person = await createPerson(harness, PASSWORD);
    const answer = await submit(await begin(), {
      method: 'password',
      identifier: person.email,
      password: 'wrong-horse',
    });
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
