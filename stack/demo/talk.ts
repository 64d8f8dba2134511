import { setTimeout as delay } from 'node:timers/promises';
import type { CaughtMail } from '../mail-store.js';
import type { Print } from './pieces.js';

/** A step of the demo did not answer as the story has it. The message is for the person at the terminal. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

/** JSON as it comes; the story reads the fields that it knows. */
export type Json = Record<string, unknown>;

/** One request of the story. */
export interface Step {
  readonly body?: Json;
  readonly headers?: Record<string, string>;
  /** Statuses that the story can go on with; 200 unless given. */
  readonly expect?: readonly number[];
  /** The part of the answer that is shown; the whole of it unless given, nothing with null. */
  readonly show?: ((answer: Json) => unknown) | null;
}

/** Sends the requests of the story, prints each with its answer, and stops at the first that goes wrong. */
export interface Talk {
  call(method: string, url: string, step?: Step): Promise<{ status: number; body: Json }>;
  /**
   * The next mail to `address` that was not read yet, in the order of arrival; waits for it.
   * @throws DemoError after half a minute
   */
  mail(address: string): Promise<CaughtMail>;
}

const MAIL_TIMEOUT_MS = 30_000;
const CALL_TIMEOUT_MS = 30_000;
const LONGEST_TEXT = 240;

/** @param options `print` hears every exchange and mail; `signal` breaks off the story */
export function startTalk(options: { inboxUrl: string; print: Print; signal?: AbortSignal | undefined }): Talk {
  const { inboxUrl, print } = options;
  const seen = new Set<string>();
  const limit = (): AbortSignal =>
    AbortSignal.any([AbortSignal.timeout(CALL_TIMEOUT_MS), ...(options.signal ? [options.signal] : [])]);

  const fetchJson = async (method: string, url: string, step: Step): Promise<{ response: Response; text: string }> => {
    try {
      const response = await fetch(url, {
        method,
        redirect: 'manual',
        signal: limit(),
        headers: {
          accept: 'application/json',
          ...(step.body && { 'content-type': 'application/json' }),
          ...step.headers,
        },
        ...(step.body && { body: JSON.stringify(step.body) }),
      });
      return { response, text: await response.text() };
    } catch (error) {
      options.signal?.throwIfAborted();
      const cause = (error as Error).cause ?? error;
      throw new DemoError(`${method} ${url} did not answer: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  };

  return {
    async call(method, url, step = {}) {
      const { response, text } = await fetchJson(method, url, step);
      const { status, statusText } = response;
      const body = parsed(text);
      const right = (step.expect ?? [200]).includes(status) && body !== undefined;
      const part = right ? (step.show === undefined ? body : step.show?.(body)) : (body ?? text.slice(0, 500));
      print({
        kind: 'exchange',
        exchange: {
          method,
          url,
          headers: shortened(step.headers ?? {}) as Record<string, string>,
          sent: step.body,
          status,
          statusText,
          answer: shortened(part),
        },
      });
      if (body === undefined || !right) {
        const wanted = (step.expect ?? [200]).join(' or ');
        throw new DemoError(`${method} ${url} answered ${status}; the story needs ${wanted}.`);
      }
      return { status, body };
    },

    async mail(address) {
      const url = `${inboxUrl}/api/messages?to=${encodeURIComponent(address)}`;
      const end = Date.now() + MAIL_TIMEOUT_MS;
      for (;;) {
        const { response, text } = await fetchJson('GET', url, {});
        if (response.status !== 200) throw new DemoError(`GET ${url} answered ${response.status}: is that the inbox?`);
        const mail = (JSON.parse(text) as CaughtMail[]).findLast(({ id }) => !seen.has(id));
        if (mail) {
          seen.add(mail.id);
          print({ kind: 'mail', mail });
          return mail;
        }
        if (Date.now() > end)
          throw new DemoError(`No mail to ${address} within ${MAIL_TIMEOUT_MS / 1_000} s (${url}).`);
        await delay(100, undefined, { signal: options.signal });
      }
    },
  };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Cuts long texts and session tokens, at any depth. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string') {
    const text = value.replace(/(ory_st_\w{6})\w+/g, '$1…');
    return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  }
  if (Array.isArray(value)) return value.map(shortened);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]));
}
