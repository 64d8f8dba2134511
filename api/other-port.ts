import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LatchkeyError } from '../schemas/errors.js';
import type { ApiContext } from './context.js';

const ADMIN_PATHS = ['/admin/*', '/identities', '/identities/*', '/recovery/*', '/invites', '/invites/*'];
const PUBLIC_PATHS = ['/self-service/*', '/schemas', '/schemas/*', '/sessions/whoami'];

/** Sends callers who took the wrong port to the right one (307, as Kratos does). */
export function registerOtherPort(app: FastifyInstance, ctx: ApiContext, other: 'admin' | 'public'): void {
  const { serve } = ctx.config;
  const redirect = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const path = request.url.replace(/^\/+/, '');
    if (other === 'public') return reply.redirect(new URL(path, serve.public.baseUrl).href, 307);
    if (path.startsWith('admin/') && request.method !== 'GET' && request.method !== 'HEAD') {
      throw new LatchkeyError('csrf_violation', { reason: 'The admin API is on another port (serve.admin).' });
    }
    return reply.redirect(new URL(path.startsWith('admin/') ? path : `admin/${path}`, serve.admin.baseUrl).href, 307);
  };
  for (const url of other === 'admin' ? ADMIN_PATHS : PUBLIC_PATHS) {
    app.all(url, { exposeHeadRoute: false }, redirect);
  }
}
