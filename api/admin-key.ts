import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../platform/config/config.js';
import { LatchkeyError } from '../schemas/errors.js';

/** Open without a key: they tell only whether the service is well. */
const WITHOUT_KEY = /^(\/admin)?\/health\//;

/**
 * Asks for `Authorization: Bearer KEY` once keys are configured. The configuration holds digests only. Without keys the
 * port is open; the configuration then allows it on loopback only.
 */
export function requireAdminKey(app: FastifyInstance, keys: Config['adminApi']['keys']): void {
  if (keys.length === 0) return;
  const digests = keys.map(({ sha256 }) => Buffer.from(sha256, 'hex'));
  app.addHook('onRequest', async (request, reply) => {
    if (WITHOUT_KEY.test(request.url)) return;
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const digest = createHash('sha256').update(given).digest();
    // Every key is compared, found or not: the time tells nothing.
    if (digests.filter((known) => timingSafeEqual(known, digest)).length > 0) return;
    reply.header('www-authenticate', 'Bearer');
    throw new LatchkeyError('unauthorized', {
      reason: 'Authorization: send "Bearer KEY" with one of the keys of admin_api.keys.',
    });
  });
}
