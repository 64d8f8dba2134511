import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Harness } from './harness.js';
import type { Answer } from './http.js';
import { noteSecret } from './leftovers.js';

/** A person for tests, unlike any other. */
export interface Person {
  id: string;
  email: string;
}

/** Creates a person over the admin API. */
export async function createPerson(harness: Harness, password?: string): Promise<Person> {
  const email = `person-${randomUUID().slice(0, 13)}@example.test`;
  noteSecret('address', email);
  const answer = await harness.admin('POST', '/admin/identities', {
    body: {
      schema_id: 'default',
      traits: { email },
      ...(password !== undefined && { credentials: { password: { config: { password } } } }),
    },
  });
  expect(answer.status).toBe(201);
  return { id: answer.json.id as string, email };
}

/** An administrator's code for a person, for an app unless said otherwise. */
export async function adminCode(
  harness: Harness,
  person: Person,
  extra: Record<string, unknown> = {},
): Promise<{ flowId: string; code: string; link: string }> {
  const answer = await harness.admin('POST', '/admin/recovery/code', {
    body: { identity_id: person.id, flow_type: 'api', ...extra },
  });
  expect(answer.status).toBe(201);
  const link = answer.json.recovery_link as string;
  return { link, flowId: new URL(link).searchParams.get('flow') ?? '', code: answer.json.recovery_code as string };
}

/** Starts a person's own recovery for an app and submits an address. Returns the flow's id. */
export async function askForCode(harness: Harness, email: string): Promise<string> {
  const begun = await harness.api('GET', '/self-service/recovery/api');
  expect(begun.status).toBe(200);
  const flowId = begun.json.id as string;
  const answer = await giveAddress(harness, flowId, email);
  expect(answer.status, answer.text).toBe(200);
  return flowId;
}

/** Submits an address. */
export function giveAddress(harness: Harness, flowId: string, email: string): Promise<Answer> {
  return harness.api('POST', `/self-service/recovery?flow=${flowId}`, { body: { method: 'code', email } });
}

/** Submits a code. */
export function submitCode(
  harness: Harness,
  flowId: string,
  code: string,
  headers?: Record<string, string>,
): Promise<Answer> {
  return harness.api('POST', `/self-service/recovery?flow=${flowId}`, { body: { method: 'code', code }, headers });
}

/** The code in the `nth` mail with a code (1 is the first) to an address. Waits for it. */
export async function mailedCode(harness: Harness, email: string, nth = 1): Promise<string> {
  const codes = (): string[] =>
    harness.mail
      .messages()
      .filter((mail) => mail.to.includes(email))
      .sort((a, b) => Number(a.receivedAt) - Number(b.receivedAt))
      .flatMap((mail) => /(?<!\d)\d{6}(?!\d)/.exec(mail.text)?.[0] ?? []);
  await expect.poll(() => codes().length, { timeout: 15_000 }).toBeGreaterThanOrEqual(nth);
  return codes()[nth - 1] ?? '';
}

/** The session token and settings flow in an answer to the right code. */
export function opened(answer: Answer): { token: string; settingsFlowId: string } {
  expect(answer.status, answer.text).toBe(200);
  expect(answer.json.state).toBe('passed_challenge');
  const [token, settings] = answer.json.continue_with as [{ ory_session_token: string }, { flow: { id: string } }];
  return { token: token.ory_session_token, settingsFlowId: settings.flow.id };
}

/** Sets a password in a settings flow for apps. */
export function setPassword(
  harness: Harness,
  session: { token: string; settingsFlowId: string },
  password: string,
): Promise<Answer> {
  return harness.api('POST', `/self-service/settings?flow=${session.settingsFlowId}`, {
    body: { method: 'password', password },
    headers: { 'x-session-token': session.token },
  });
}

/** Status of whoami for a token. */
export async function whoamiStatus(harness: Harness, token: string): Promise<number> {
  return (await harness.api('GET', '/sessions/whoami', { headers: { 'x-session-token': token } })).status;
}

/** Signs in with name and password, for an app. */
export async function signIn(harness: Harness, identifier: string, password: string): Promise<Answer> {
  const flow = await harness.api('GET', '/self-service/login/api');
  return harness.api('POST', `/self-service/login?flow=${flow.json.id as string}`, {
    body: { method: 'password', identifier, password },
  });
}

/** A flow's row in the database. */
export async function flowRow(harness: Harness, flowId: string): Promise<Record<string, any>> {
  const { rows } = await harness.pool.query('SELECT * FROM recovery_flows WHERE id = $1', [flowId]);
  return rows[0] as Record<string, any>;
}
