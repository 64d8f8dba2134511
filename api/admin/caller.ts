import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.js';

/** The id of the admin key that a request came with; null when none is asked for. */
export function adminKeyId(ctx: ApiContext, request: FastifyRequest): string | null {
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const digest = createHash('sha256').update(given).digest('hex');
  return ctx.config.adminApi.keys.find(({ sha256 }) => sha256 === digest)?.id ?? null;
}
