import { createHash } from 'node:crypto';

/** People wait for the answer. */
const TIMEOUT_MS = 3_000;
const PREFIX_LENGTH = 5;

/**
 * How often a password stands in the list of breached passwords at `host` (a host name, or an origin with `http://`), by
 * the range API of Pwned Passwords. The service is told the first five digits of a SHA-1 and answers with all hashes
 * that begin so; the padding it is asked for hides how many those are.
 *
 * @throws Error when it does not answer within three seconds, or not with a list
 */
export async function timesBreached(host: string, password: string): Promise<number> {
  const digest = createHash('sha1').update(password).digest('hex').toUpperCase();
  const origin = /^https?:\/\//i.test(host) ? host : `https://${host}`;
  const answer = await fetch(new URL(`/range/${digest.slice(0, PREFIX_LENGTH)}`, origin), {
    headers: { 'add-padding': 'true', 'user-agent': 'latchkey' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (answer.status !== 200) throw new Error(`the list of breached passwords answered with status ${answer.status}`);
  const rest = digest.slice(PREFIX_LENGTH);
  for (const line of (await answer.text()).split('\n')) {
    const [hash, count] = line.trim().toUpperCase().split(':');
    if (hash === rest) return Number(count) || 0;
  }
  return 0;
}
