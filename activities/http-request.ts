import type { HttpRequest } from '../platform/config/config.js';
import type { JsonValue } from '../schemas/json.js';
import { compileTemplate } from './mail/template/template.js';
import type { TemplateValues } from './mail/template/mail-templates.js';

/** One try has to end well inside the activity's time. */
const TIMEOUT_MS = 10_000;
const FORM = 'application/x-www-form-urlencoded';

/** What the other side said, or why it could not be asked. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    /** HTTP status; null when there was no answer. */
    readonly status: number | null,
    /** Such as `http 503` or `ECONNREFUSED`. Never the other side's text, which may quote the request. */
    readonly reply: string,
  ) {
    super(`the request was not taken: ${reply}`);
  }
}

/** A body as it goes out. */
export interface RequestBody {
  text: string;
  contentType: string;
}

/** A configured request, ready to be sent any number of times. */
export interface RequestSender {
  /** The body for these values: the configured one, or `fallback` where none is configured. */
  body(values: TemplateValues, fallback: JsonValue): RequestBody;
  /** Resolves when the other side has taken it (2xx). Redirects are not followed. @throws RequestError */
  send(body: RequestBody, headers: Readonly<Record<string, string>>): Promise<void>;
}

/**
 * Makes a configured request ready.
 *
 * @throws TemplateError when a text in its body is no template
 */
export function createRequestSender(request: HttpRequest): RequestSender {
  const configured = new Headers({ ...request.headers });
  const contentType = configured.get('content-type') ?? 'application/json';
  const fill = compileBody(request.body);
  return {
    body(values, fallback) {
      const content = request.body === null ? fallback : fill(values);
      const text = contentType.startsWith(FORM) ? formOf(content) : JSON.stringify(content);
      return { text, contentType };
    },
    async send(body, headers) {
      const all = new Headers({ ...request.headers, ...authHeaders(request.auth), ...headers });
      all.set('content-type', body.contentType);
      const response = await post(request, all, body.text);
      // Read to its end in vain would be generous to a server that streams for ever.
      await response.body?.cancel();
      if (!response.ok) throw new RequestError(response.status, `http ${response.status}`);
    },
  };
}

async function post(request: HttpRequest, headers: Headers, body: string): Promise<Response> {
  try {
    return await fetch(request.url, {
      method: request.method,
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: string } };
    throw new RequestError(null, name === 'TimeoutError' ? 'timeout' : (cause?.code ?? 'unreachable'));
  }
}

function authHeaders(auth: HttpRequest['auth']): Record<string, string> {
  if (auth === null) return {};
  if (auth.type === 'basic_auth') {
    return { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` };
  }
  return auth.in === 'header' ? { [auth.name]: auth.value } : { cookie: `${auth.name}=${auth.value}` };
}

/** Every text in the document is a template of its own, so no value can change the document's shape. */
function compileBody(body: JsonValue): (values: TemplateValues) => JsonValue {
  if (typeof body === 'string') return compileTemplate(body, 'text');
  if (Array.isArray(body)) {
    const items = body.map(compileBody);
    return (values) => items.map((item) => item(values));
  }
  if (typeof body !== 'object' || body === null) return () => body;
  const fields = Object.entries(body).map(([name, value]) => [name, compileBody(value)] as const);
  return (values) => Object.fromEntries(fields.map(([name, fill]) => [name, fill(values)]));
}

function formOf(content: JsonValue): string {
  const fields = typeof content === 'object' && content !== null ? Object.entries(content) : [];
  return new URLSearchParams(
    fields.map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  ).toString();
}
