import type { FastifyRequest } from 'fastify';
import { callerOf } from '../admin-key.js';
import type { ApiContext } from '../context.js';

/** The id of the key that a request came with: of the configuration, or of a machine. Null when none was asked for. */
export function adminKeyId(_ctx: ApiContext, request: FastifyRequest): string | null {
  return callerOf(request).keyId;
}
