import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const CALL_TIMEOUT_MS = 5_000;

/**
 * Waits until `GET <url>` answers 200.
 * @throws Error with the last answer after `timeoutMs` milliseconds; the signal's reason when it is aborted
 */
export async function waitForOk(url: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const answer = await ask(url, signal);
    if (answer.startsWith('200')) return;
    if (Date.now() > end) throw new Error(`${url} did not answer 200 within ${timeoutMs / 1000} s, but: ${answer}`);
    await delay(150, undefined, { signal });
  }
}

/** Status and body, or the error. Not `fetch`, which refuses a number of ports. */
function ask(url: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: CALL_TIMEOUT_MS, signal }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body = (body + chunk).slice(0, 500);
      });
      response.on('close', () => resolve(`${response.statusCode ?? 0} ${body}`));
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error) => resolve(error.message));
  });
}
