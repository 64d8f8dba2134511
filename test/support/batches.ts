import { expect } from 'vitest';
import type { Harness } from './harness.js';
import type { Answer } from './http.js';
import { noteSecret, noteWorkflow } from './leftovers.js';

/** The password of imported people, and its hash. */
export const BCRYPT_OF = 'correct horse battery';
export const BCRYPT = '$2b$04$v9yKQVrOCxMUXtAsq13/a.gAGMbeBL9HeBfLwT.1M3xrJjGnVhk2u';

/** Uploads a batch. */
export async function upload(
  harness: Harness,
  query: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> {
  // Words first: looking for an address anywhere in ten million letters takes for ever.
  for (const word of String(body).split(/[^\w.@-]+/))
    if (word.length < 60 && word.includes('@')) noteSecret('address', word);
  const response = await fetch(`${harness.adminUrl}/admin/batches?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv', ...headers },
    body: body as never,
  });
  const text = await response.text();
  const json = JSON.parse(text) as any;
  if (response.status === 202)
    noteWorkflow(harness.config.temporal.address, harness.config.temporal.namespace, `batch/${json.id}`);
  return { status: response.status, headers: response.headers, text, json };
}

/** The batch as the API shows it. */
export async function batchOf(harness: Harness, id: string): Promise<any> {
  const answer = await harness.admin('GET', `/admin/batches/${id}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.json;
}

/** Waits until the batch is in a state. */
export async function untilState(harness: Harness, id: string, state: string): Promise<any> {
  await expect.poll(async () => (await batchOf(harness, id)).state, { timeout: 25_000, interval: 50 }).toBe(state);
  return batchOf(harness, id);
}

/** The rows of a batch in some state. */
export async function rowsOf(harness: Harness, id: string, state: string): Promise<any[]> {
  const answer = await harness.admin('GET', `/admin/batches/${id}/rows?state=${state}&page_size=500`);
  expect(answer.status, answer.text).toBe(200);
  return answer.json as any[];
}

/** Gives a command and answers with the status. */
export async function command(harness: Harness, id: string, name: string): Promise<Answer> {
  return harness.admin('POST', `/admin/batches/${id}/${name}`);
}
