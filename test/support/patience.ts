import { setTimeout } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Answer } from './http.js';

const PAUSE_MS = 200;

/**
 * Sends a request again while the answer is 503 or 429 with `Retry-After`, as clients do. Returns the first other
 * answer. (It waits for less time than it is told to.)
 */
export async function patiently(request: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await request();
    if (answer.status !== 503 && answer.status !== 429) return answer;
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
    await setTimeout(PAUSE_MS);
  }
}
