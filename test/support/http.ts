import { noteSecret } from './leftovers.js';

/** An answer over real HTTP. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Parsed JSON, or undefined when the body is not JSON. */
  json: any;
}

/** A request's parts beside method and URL. */
export interface Send {
  /** Sent as JSON unless it is a string. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** Sends a request, follows no redirect, and notes every secret that goes by. */
export async function send(method: string, url: string, { body, headers = {} }: Send = {}): Promise<Answer> {
  noteSecretsIn(body);
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = parsed(text);
  noteSecretsOf(text, json, response.headers.getSetCookie());
  return { status: response.status, headers: response.headers, text, json };
}

/** Notes the secrets of an answer. */
export function noteSecretsOf(text: string, json: unknown, cookies: readonly string[]): void {
  noteSecretsIn(json);
  for (const token of text.matchAll(/ory_(st|lo)_[0-9A-Za-z]{32}/g)) noteSecret('token', token[0]);
  for (const token of text.matchAll(/lk_[a-z]+_[\w-]{43}/g)) noteSecret('token', token[0]);
  for (const token of text.matchAll(/token=([0-9A-Za-z]{20,})/g)) noteSecret('token', token[1] ?? '');
  for (const cookie of cookies) noteSecret('token', decodeURIComponent(cookie.split(/[=;]/)[1] ?? ''));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const FIELDS: Record<string, 'code' | 'token' | 'password' | 'address'> = {
  code: 'code',
  recovery_code: 'code',
  password: 'password',
  email: 'address',
  recovery_address: 'address',
  recovery_confirm_address: 'address',
  identifier: 'address',
  token: 'token',
  totp_code: 'code',
  lookup_secret: 'code',
  // Of an authenticator app, or a backup code.
  secret: 'code',
};

/** Notes the secrets in a JSON body, by the names of its fields. */
export function noteSecretsIn(value: unknown): void {
  if (value === null || typeof value !== 'object') return;
  for (const [key, inner] of Object.entries(value)) {
    const kind = FIELDS[key];
    // Errors have a numeric `code`; a typed wrong code is noted too: it must not show up either.
    if (kind && typeof inner === 'string') noteSecret(kind, inner);
    else noteSecretsIn(inner);
  }
}
