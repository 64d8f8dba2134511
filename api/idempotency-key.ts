import type { FastifyRequest } from 'fastify';
import { badRequest } from './validation.js';

const MAX_KEY_LENGTH = 255;

/** The request's `Idempotency-Key`, or undefined. */
export function idempotencyKey(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || header.length > MAX_KEY_LENGTH || !/^[!-~]+$/.test(header)) {
    throw badRequest(`Idempotency-Key: must be 1 to ${MAX_KEY_LENGTH} visible ASCII characters, such as a UUID`);
  }
  return header;
}
