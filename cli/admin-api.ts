import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { JsonObject, JsonValue } from '../schemas/json.js';
import { CliError, EXIT } from './exit.js';
import type { ExitCode } from './exit.js';

const TIMEOUT_MS = 30_000;
const TRIES = 3;
const LONGEST_PAUSE_S = 5;
const PAGE = 500;

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; undefined for an empty body. */
  readonly body: JsonValue | undefined;
}

/** What a request sends beside its path. */
export interface Sent {
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: JsonValue;
  readonly timeoutMs?: number;
}

/**
 * Latchkey's admin API. What can be repeated without harm is: reads, deletions, and creations, which carry an
 * `Idempotency-Key` of their own. Everything else but success is thrown, as a {@link CliError} with the API's own reason.
 */
export class AdminApi {
  constructor(
    /** Ends with a slash. */
    readonly baseUrl: string,
    private readonly key: string | undefined,
  ) {}

  async get(path: string, sent: Sent = {}): Promise<Answer> {
    return this.request('GET', path, sent, TRIES);
  }

  /** Creates something; the same creation is asked for again when no answer comes. */
  async post(path: string, body: JsonValue): Promise<Answer> {
    return this.request('POST', path, { body }, TRIES, { 'idempotency-key': randomUUID() });
  }

  /** Sent once. */
  async patch(path: string, body: JsonValue, timeoutMs: number): Promise<Answer> {
    return this.request('PATCH', path, { body, timeoutMs }, 1);
  }

  async delete(path: string): Promise<void> {
    await this.request('DELETE', path, {}, TRIES);
  }

  /**
   * A list, page after page, `limit` entries at most. `more` tells whether there are others behind them.
   */
  async list(
    path: string,
    query: Sent['query'] = {},
    limit = Infinity,
  ): Promise<{ items: JsonObject[]; more: boolean }> {
    const items: JsonObject[] = [];
    const first = { ...query, page_size: String(Math.min(limit, PAGE)) };
    let page = await this.get(path, { query: first });
    for (;;) {
      items.push(...(page.body as JsonObject[]));
      const next = /<([^>]*)>; *rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
      if (next === undefined) return { items: items.slice(0, limit), more: items.length > limit };
      if (items.length >= limit) return { items: items.slice(0, limit), more: true };
      page = await this.get(path, { query: queryOf(next) });
    }
  }

  private async request(
    method: string,
    path: string,
    sent: Sent,
    tries: number,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    for (let left = tries - 1; ; left -= 1) {
      const outcome = await this.send(method, path, sent, headers);
      if (!(outcome instanceof CliError)) return outcome;
      if (outcome.exit !== EXIT.unavailable || left <= 0) throw outcome;
      const pause = Number(outcome instanceof Unavailable ? outcome.retryAfter : 1);
      if (pause > LONGEST_PAUSE_S) throw outcome;
      await setTimeout(pause * 1_000);
    }
  }

  private async send(
    method: string,
    path: string,
    { query = {}, body, timeoutMs = TIMEOUT_MS }: Sent,
    headers: Record<string, string>,
  ): Promise<Answer | CliError> {
    const url = new URL(path, this.baseUrl);
    for (const [name, value] of Object.entries(query)) {
      for (const one of value === undefined ? [] : [value].flat()) url.searchParams.append(name, one);
    }
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          accept: 'application/json',
          ...(this.key !== undefined && { authorization: `Bearer ${this.key}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (error) {
      return new CliError(
        EXIT.unavailable,
        `The admin API at ${this.baseUrl} does not answer (${causeOf(error)}).`,
        'Is the service running, and is this its admin port? --admin-url or LATCHKEY_ADMIN_URL names another; latchkey doctor looks closer.',
      );
    }
    const parsed = parsedJson(text);
    const answer = { status: response.status, headers: response.headers, body: parsed };
    return response.ok ? answer : refusal(answer, this.baseUrl);
  }
}

class Unavailable extends CliError {
  constructor(
    message: string,
    readonly retryAfter: number,
  ) {
    super(EXIT.unavailable, message, 'Try again shortly; latchkey doctor tells what is away.');
  }
}

/** What an answer other than success means. */
function refusal({ status, headers, body }: Answer, baseUrl: string): CliError {
  const { error } = (body ?? {}) as { error?: { reason?: string; message?: string } };
  const reason = error?.reason ?? error?.message ?? `The service answered with status ${status}.`;
  if (status >= 300 && status < 400) {
    return new CliError(
      EXIT.usage,
      `${baseUrl} is not the admin API: it sends callers to ${headers.get('location') ?? 'another place'}.`,
      'Give the address of the admin port (4434 unless configured otherwise) with --admin-url.',
    );
  }
  if (status === 401) {
    return new CliError(
      EXIT.refused,
      reason,
      'Put the key into LATCHKEY_ADMIN_KEY, or into a file that --key-file names.',
    );
  }
  if (status === 403) return new CliError(EXIT.refused, reason);
  if (status === 404 && error === undefined) {
    return new CliError(
      EXIT.notFound,
      'The service has no such endpoint.',
      'Is it older than this command line? latchkey doctor compares the versions.',
    );
  }
  if (status === 429 || status === 503) return new Unavailable(reason, Number(headers.get('retry-after') ?? 1));
  return new CliError(exitOf(status), reason);
}

function exitOf(status: number): ExitCode {
  if (status === 404 || status === 410) return EXIT.notFound;
  return status >= 400 && status < 500 ? EXIT.invalid : EXIT.failed;
}

function parsedJson(text: string): JsonValue | undefined {
  try {
    return text === '' ? undefined : (JSON.parse(text) as JsonValue);
  } catch {
    return undefined;
  }
}

function queryOf(link: string): Record<string, string[]> {
  const parameters = new URL(link, 'http://any.invalid').searchParams;
  return Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name)]));
}

/** The reason why a connection failed, such as ECONNREFUSED. */
export function causeOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return 'no answer in time';
  return cause?.code ?? cause?.message ?? message;
}
