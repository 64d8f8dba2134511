import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { getSessionByToken } from '../../activities/store/sessions.js';
import type { Session, SessionDevice } from '../../activities/store/sessions.js';
import { tokenDigest } from '../../platform/keys.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { ApiContext } from '../context.js';
import { readCookie, setCookie } from './cookies.js';

const TOKEN = /^ory_st_[0-9A-Za-z]{32}$/;

/** The session token of a request: `X-Session-Token`, `Authorization: Bearer`, or the session cookie. */
export function sessionToken(ctx: ApiContext, request: FastifyRequest): string | undefined {
  const header = request.headers['x-session-token'];
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const token = (typeof header === 'string' && header) || bearer || readCookie(request, ctx.config.session.cookie.name);
  return token && TOKEN.test(token) ? token : undefined;
}

/** The live session of a request, or undefined. */
export async function findSession(ctx: ApiContext, request: FastifyRequest): Promise<Session | undefined> {
  const token = sessionToken(ctx, request);
  if (token === undefined) return undefined;
  return getSessionByToken(ctx.pool, tokenDigest(token), new Date(ctx.now()));
}

/** The live session of a request. @throws LatchkeyError unauthorized */
export async function requireSession(ctx: ApiContext, request: FastifyRequest): Promise<Session> {
  const session = await findSession(ctx, request);
  if (session) return session;
  throw new LatchkeyError('unauthorized', {
    reason: 'There is no live session: send its token as X-Session-Token, or its cookie, or sign in again.',
  });
}

/** Hands a browser its session. Whatever cookie it had before is replaced. */
export function setSessionCookie(ctx: ApiContext, reply: FastifyReply, token: string, expiresAt: Date): void {
  const { name, persistent } = ctx.config.session.cookie;
  const seconds = Math.max(0, Math.floor((expiresAt.getTime() - ctx.now()) / 1_000));
  setCookie(ctx, reply, name, token, persistent ? seconds : undefined);
}

/** The device that a request comes from. */
export function deviceOf(request: FastifyRequest): SessionDevice {
  return {
    id: randomUUID(),
    ip_address: request.ip,
    user_agent: request.headers['user-agent']?.slice(0, 500) ?? null,
    location: '',
  };
}
