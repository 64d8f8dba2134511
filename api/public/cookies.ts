import { parse, serialize } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.js';

/** One cookie of the request. */
export function readCookie(request: FastifyRequest, name: string): string | undefined {
  return parse(request.headers.cookie ?? '')[name];
}

/** Sets a cookie: HttpOnly, Secure outside development, scoped as the configuration says. No `maxAgeSeconds`: until
 * the browser closes. */
export function setCookie(
  ctx: ApiContext,
  reply: FastifyReply,
  name: string,
  value: string,
  maxAgeSeconds?: number,
): void {
  const { sameSite, domain, path } = ctx.config.session.cookie;
  const text = serialize(name, value, {
    httpOnly: true,
    secure: !ctx.config.dev,
    sameSite: sameSite.toLowerCase() as 'lax' | 'strict' | 'none',
    path,
    ...(domain !== null && { domain }),
    ...(maxAgeSeconds !== undefined && { maxAge: maxAgeSeconds }),
  });
  const before = reply.getHeader('set-cookie');
  reply.header('set-cookie', before === undefined ? text : ([] as string[]).concat(before as string[], text));
}
