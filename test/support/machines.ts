import { expect } from 'vitest';
import type { Harness } from './harness.js';
import type { Answer } from './http.js';

/** Creates a machine over the admin API. Returns its id. */
export async function createMachine(
  harness: Harness,
  scopes: string[] = ['identities:read'],
  headers: Record<string, string> = {},
): Promise<string> {
  const answer = await harness.admin('POST', '/admin/machines', { body: { name: 'ci', scopes }, headers });
  expect(answer.status, answer.text).toBe(201);
  return answer.json.id as string;
}

/** Makes a key for a machine. */
export async function createKey(
  harness: Harness,
  machineId: string,
  body: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<{ id: string; secret: string }> {
  const answer = await harness.admin('POST', `/admin/machines/${machineId}/keys`, { body, headers });
  expect(answer.status, answer.text).toBe(201);
  return answer.json as { id: string; secret: string };
}

/** The header that a key goes into. */
export function bearer(secret: string): Record<string, string> {
  return { authorization: `Bearer ${secret}` };
}

/** A request to the admin API with a machine's key. */
export function asMachine(
  harness: Harness,
  secret: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  return harness.admin(method, path, { headers: bearer(secret), ...(body !== undefined && { body }) });
}

/** A key as the list of its machine's keys shows it. */
export async function shownKey(harness: Harness, machineId: string, keyId: string): Promise<Record<string, any>> {
  const answer = await harness.admin('GET', `/admin/machines/${machineId}/keys`);
  expect(answer.status, answer.text).toBe(200);
  return (answer.json as { id: string }[]).find((key) => key.id === keyId) ?? {};
}
