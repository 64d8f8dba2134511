import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LatchkeyError } from '../../schemas/errors.js';
import type { ApiContext } from '../context.js';
import { readCookie, setCookie } from './cookies.js';

const TOKEN_BYTES = 32;
const ONE_YEAR_SECONDS = 31_536_000;

/**
 * The double-submit token of browser flows, as Kratos has it: a random cookie, and in each form the same value masked
 * with a fresh pad, so that compression cannot leak it (BREACH).
 */
export function csrfCookieName(ctx: ApiContext): string {
  return `csrf_token_${createHash('sha256').update(ctx.config.serve.public.baseUrl).digest('hex')}`;
}

/** The browser's token; sets the cookie when it has none. */
export function ensureCsrfToken(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Buffer {
  const present = presentCsrfToken(ctx, request);
  if (present) return present;
  return renewCsrfToken(ctx, reply);
}

/** Gives the browser a new token. Signing in does: a token that was planted before is worth nothing afterwards. */
export function renewCsrfToken(ctx: ApiContext, reply: FastifyReply): Buffer {
  const token = randomBytes(TOKEN_BYTES);
  setCookie(ctx, reply, csrfCookieName(ctx), token.toString('base64'), ONE_YEAR_SECONDS);
  return token;
}

/** The browser's token, or undefined. */
export function presentCsrfToken(ctx: ApiContext, request: FastifyRequest): Buffer | undefined {
  const token = Buffer.from(readCookie(request, csrfCookieName(ctx)) ?? '', 'base64');
  return token.length === TOKEN_BYTES ? token : undefined;
}

/** What a form carries: pad and masked token, base64. */
export function maskCsrfToken(token: Buffer): string {
  const pad = randomBytes(TOKEN_BYTES);
  return Buffer.concat([pad, xor(pad, token)]).toString('base64');
}

/** What a flow row keeps to know its browser again. */
export function csrfDigest(token: Buffer): Buffer {
  return createHash('sha256').update(token).digest();
}

/**
 * Ties a request to the page it claims to come from: the form's token is the cookie's, and, when the flow is bound to a
 * browser, that browser's. @throws LatchkeyError csrf_violation
 */
export function checkCsrf(
  ctx: ApiContext,
  request: FastifyRequest,
  given: unknown,
  flowDigest: Buffer | null = null,
): void {
  const cookie = presentCsrfToken(ctx, request);
  const header = request.headers['x-csrf-token'];
  const text = typeof given === 'string' && given !== '' ? given : typeof header === 'string' ? header : '';
  const masked = Buffer.from(text, 'base64');
  const sent = masked.length === 2 * TOKEN_BYTES && xor(masked.subarray(0, TOKEN_BYTES), masked.subarray(TOKEN_BYTES));
  if (!cookie || !sent || !timingSafeEqual(cookie, sent) || (flowDigest && !csrfDigest(cookie).equals(flowDigest))) {
    throw new LatchkeyError('csrf_violation', {
      reason: cookie
        ? 'csrf_token: it does not belong to this browser and page. Load the page again and send the form from there.'
        : 'The cookie of the page is missing. Allow cookies for this site, load the page again and send the form from there.',
    });
  }
}

/** A flow for apps is not for browsers: a cookie or Origin on it means that a browser was tricked. */
export function refuseBrowser(request: FastifyRequest): void {
  const found =
    request.headers.origin !== undefined ? 'Origin' : request.headers.cookie !== undefined ? 'Cookie' : null;
  if (found === null) return;
  throw new LatchkeyError('bad_request', {
    reason: `The header ${found} came with a flow for apps. In a browser, start the flow at its /browser address.`,
  });
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)));
}
