import { expect } from 'vitest';
import type { Harness } from './harness.js';
import type { Answer } from './http.js';

/** Begins a verification for an app. Returns the flow's id. */
export async function beginVerification(harness: Harness): Promise<string> {
  const begun = await harness.api('GET', '/self-service/verification/api');
  expect(begun.status).toBe(200);
  return begun.json.id as string;
}

/** Submits an address, as an app. */
export function giveVerificationAddress(
  harness: Harness,
  flowId: string,
  email: string,
  method = 'code',
): Promise<Answer> {
  return harness.api('POST', `/self-service/verification?flow=${flowId}`, { body: { method, email } });
}

/** Begins a verification for an app and submits an address. Returns the flow's id. */
export async function askToVerify(harness: Harness, email: string, method = 'code'): Promise<string> {
  const flowId = await beginVerification(harness);
  expect((await giveVerificationAddress(harness, flowId, email, method)).status).toBe(200);
  return flowId;
}

/** Submits a code, as an app. */
export function submitVerificationCode(harness: Harness, flowId: string, code: string): Promise<Answer> {
  return harness.api('POST', `/self-service/verification?flow=${flowId}`, { body: { method: 'code', code } });
}

/** The link in the newest mail to an address that begins with the service's verification URL. Waits for it. */
export async function mailedVerificationLink(harness: Harness, email: string): Promise<URL> {
  const find = (): string | undefined => {
    const mails = harness.mail.messages().filter((mail) => mail.to.includes(email));
    return mails.flatMap((mail) => /https?:\S+\/self-service\/verification\?\S+/.exec(mail.text)?.[0] ?? []).at(-1);
  };
  await expect.poll(find, { timeout: 15_000 }).toBeDefined();
  return new URL(find() ?? '');
}

/** The person's first verifiable address, as administrators see it. */
export async function addressOf(harness: Harness, identityId: string): Promise<Record<string, any>> {
  const identity = await harness.admin('GET', `/admin/identities/${identityId}`);
  return identity.json.verifiable_addresses[0] as Record<string, any>;
}

/** A flow's row in the database. */
export async function verificationRow(harness: Harness, flowId: string): Promise<Record<string, any>> {
  const { rows } = await harness.pool.query('SELECT * FROM verification_flows WHERE id = $1', [flowId]);
  return rows[0] as Record<string, any>;
}

/** A browser with a cookie jar and no JavaScript. */
export function plainBrowser(harness: Harness) {
  const cookies = new Map<string, string>();
  const send = async (method: string, path: string, form?: Record<string, string>): Promise<Answer> => {
    const answer = await harness.api(method, path, {
      headers: {
        accept: 'text/html',
        ...(cookies.size > 0 && { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form && { body: new URLSearchParams(form).toString() }),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      const at = pair.indexOf('=');
      cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return answer;
  };
  return {
    cookies,
    get: (path: string) => send('GET', path),
    head: (path: string) => send('HEAD', path),
    post: (path: string, form: Record<string, string>) => send('POST', path, form),
    /** Where a redirect leads, on this service. */
    next: (answer: Answer): string => {
      expect(answer.status, answer.text).toBe(303);
      const url = new URL(answer.headers.get('location') ?? '');
      return `${url.pathname}${url.search}`;
    },
    /** The value of a hidden or filled-in input of a page. */
    field: (answer: Answer, name: string): string =>
      new RegExp(`name="${name}"[^>]*value="([^"]*)"`).exec(answer.text)?.[1] ?? '',
  };
}
