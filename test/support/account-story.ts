import { TOTP } from 'otpauth';
import { expect } from 'vitest';
import type { Harness } from './harness.js';
import type { Answer } from './http.js';
import type { Person } from './story.js';
import { createPerson, signIn } from './story.js';

/** The password of people in these tests, until they change it. */
export const PASSWORD = 'old-horse-battery-1';

/** Configuration with both second factors. */
export const SECOND_FACTORS = {
  selfservice: {
    methods: { totp: { enabled: true, config: { issuer: 'Example' } }, lookup_secret: { enabled: true } },
  },
};

/** A node of a flow, by its name or id. */
export function nodeOf(answer: Answer, name: string): any {
  const nodes = answer.json.ui.nodes as { attributes: { name?: string; id?: string } }[];
  return nodes.find(({ attributes }) => attributes.name === name || attributes.id === name);
}

/** Ids of the messages above a form. */
export function messageIds(answer: Answer): number[] {
  return ((answer.json.ui.messages ?? []) as { id: number }[]).map(({ id }) => id);
}

/** Ids of the messages at a field. */
export function fieldMessageIds(answer: Answer, name: string): number[] {
  return (nodeOf(answer, name).messages as { id: number }[]).map(({ id }) => id);
}

/** A settings flow for an app, as it begins. */
export async function beginSettings(harness: Harness, token: string): Promise<Answer> {
  return harness.api('GET', '/self-service/settings/api', { headers: { 'x-session-token': token } });
}

/** Submits to a settings flow for apps. */
export function submitSettings(harness: Harness, token: string, flowId: string, body: unknown): Promise<Answer> {
  return harness.api('POST', `/self-service/settings?flow=${flowId}`, { body, headers: { 'x-session-token': token } });
}

/** A person who is signed in, with a settings flow for apps. */
export async function signedIn(harness: Harness): Promise<{ person: Person; token: string; flowId: string }> {
  const person = await createPerson(harness, PASSWORD);
  const token = (await signIn(harness, person.email, PASSWORD)).json.session_token as string;
  return { person, token, flowId: (await beginSettings(harness, token)).json.id as string };
}

/** Submits a new password to a settings flow for apps. */
export function changePassword(harness: Harness, token: string, flowId: string, password: string): Promise<Answer> {
  return submitSettings(harness, token, flowId, { method: 'password', password });
}

/** What the authenticator app shows now. */
export function appCode(harness: Harness, secret: string): string {
  return new TOTP({ secret }).generate({ timestamp: Date.now() + harness.clock.ahead });
}

/** Lets time pass until the app shows a code that was not used yet. */
export function nextCode(harness: Harness, secret: string): string {
  harness.clock.ahead += 30_000;
  return appCode(harness, secret);
}

/** Sets up an authenticator app. Returns its secret. */
export async function setUpTotp(harness: Harness, token: string): Promise<string> {
  const flow = await beginSettings(harness, token);
  expect(flow.status, flow.text).toBe(200);
  const secret = nodeOf(flow, 'totp_secret_key').attributes.text.text as string;
  const body = { method: 'totp', totp_code: nextCode(harness, secret) };
  const saved = await submitSettings(harness, token, flow.json.id as string, body);
  expect(saved.status, saved.text).toBe(200);
  return secret;
}

/** Makes and confirms backup codes. */
export async function setUpLookupSecrets(harness: Harness, token: string): Promise<string[]> {
  const flowId = (await beginSettings(harness, token)).json.id as string;
  const shown = await submitSettings(harness, token, flowId, { lookup_secret_regenerate: true });
  const saved = await submitSettings(harness, token, flowId, { lookup_secret_confirm: true });
  expect(saved.status, saved.text).toBe(200);
  return shownCodes(shown);
}

/** The backup codes that an answer shows; used ones are left out. */
export function shownCodes(answer: Answer): string[] {
  const list = nodeOf(answer, 'lookup_secret_codes').attributes.text.context.secrets as {
    context: { secret?: string };
  }[];
  return list.flatMap(({ context }) => (context.secret === undefined ? [] : [context.secret]));
}

/** A login flow for an app that is signed in. */
export async function beginLogin(harness: Harness, token: string, query: string): Promise<Answer> {
  return harness.api('GET', `/self-service/login/api?${query}`, { headers: { 'x-session-token': token } });
}

/** Shows a second factor to a session, in a new flow. */
export async function showSecondFactor(
  harness: Harness,
  token: string,
  body: { totp_code: string } | { lookup_secret: string },
  query = 'aal=aal2',
): Promise<Answer> {
  const flow = await beginLogin(harness, token, query);
  expect(flow.status, flow.text).toBe(200);
  const method = 'totp_code' in body ? 'totp' : 'lookup_secret';
  return harness.api('POST', `/self-service/login?flow=${flow.json.id as string}`, {
    body: { method, ...body },
    headers: { 'x-session-token': token },
  });
}
