import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { findMachineKey, recordKeyUse } from '../activities/store/machine-keys.js';
import { MACHINE_SECRET_START } from '../platform/machine-secrets.js';
import { LatchkeyError } from '../schemas/errors.js';
import { missingScopes } from '../schemas/scopes.js';
import type { Scope } from '../schemas/scopes.js';
import { machineKeyState } from '../workflows/domain/machine-key-lifecycle.js';
import { neededScope } from './admin-scopes.js';
import type { ApiContext } from './context.js';

/** Open without a key: they tell only whether the service is well. */
const WITHOUT_KEY = /^(\/admin)?\/health\//;

/** Who makes a request on the admin port. */
export interface Caller {
  /** The key's id in the configuration, or `machine-key/<id>`; null when none was asked for. */
  readonly keyId: string | null;
  readonly scopes: readonly Scope[];
}

/** Nobody asked for a key: the port is open, on loopback. */
const OPEN: Caller = { keyId: null, scopes: ['*'] };

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

/** Who makes the request. On the admin port that is always known. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new Error('a request of the admin API has no caller');
  return request.caller;
}

/**
 * Finds out who calls, by `Authorization: Bearer KEY`, and refuses what they are not allowed. Keys of the configuration
 * are allowed everything; keys of machines what their scopes say. Without keys in the configuration the port asks for
 * none (it must then be on loopback), and a machine's key still counts when it is sent.
 */
export function requireAdminKey(app: FastifyInstance, context: Pick<ApiContext, 'config' | 'pool' | 'now'>): void {
  const configured = context.config.adminApi.keys.map(({ id, sha256 }) => ({ id, digest: Buffer.from(sha256, 'hex') }));

  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request, reply) => {
    if (WITHOUT_KEY.test(request.url)) return;
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    try {
      request.caller = await identify(given, request);
    } catch (error) {
      if (error instanceof LatchkeyError && error.code === 'unauthorized') reply.header('www-authenticate', 'Bearer');
      throw error;
    }
    request.log = request.log.child({ key: request.caller.keyId });
    const needed = neededScope(request.method, request.routeOptions.url, request.query);
    if (needed !== null && missingScopes(request.caller.scopes, [needed]).length > 0) {
      throw new LatchkeyError('forbidden', { reason: `This key lacks the scope "${needed}".` });
    }
  });

  async function identify(given: string, request: FastifyRequest): Promise<Caller> {
    const digest = createHash('sha256').update(given).digest();
    // Every key is compared, found or not: the time tells nothing.
    const [found] = configured.filter((known) => timingSafeEqual(known.digest, digest));
    if (found) return { keyId: found.id, scopes: ['*'] };
    if (given.startsWith(MACHINE_SECRET_START)) return machineCaller(digest, request);
    if (configured.length === 0) return OPEN;
    throw refused('send "Bearer KEY" with one of the keys of admin_api.keys, or with the key of a machine.');
  }

  async function machineCaller(digest: Buffer, request: FastifyRequest): Promise<Caller> {
    const now = context.now();
    const key = await findMachineKey(context.pool, digest);
    if (!key) throw refused('no machine has this key.');
    const state = machineKeyState({ outcome: key.outcome, expiresAt: key.expires_at?.getTime() ?? null }, now);
    if (state === 'revoked') throw refused('this key has been revoked.');
    if (state === 'expired') throw refused('this key has expired; make a new one.');
    if (key.machine_state !== 'active') throw refused('the machine of this key is disabled.');
    // To know when it was used last is not worth failing for.
    await recordKeyUse(context.pool, key, new Date(now)).catch((error: unknown) => {
      request.log.warn({ err: error, key: `machine-key/${key.id}` }, 'the use of a key was not recorded');
    });
    return { keyId: `machine-key/${key.id}`, scopes: key.scopes };
  }
}

/**
 * Nobody gives away more than they have: otherwise `machines:write` would be everything.
 * @throws LatchkeyError forbidden
 */
export function assertMayGrant(caller: Caller, scopes: readonly Scope[]): void {
  const missing = missingScopes(caller.scopes, scopes);
  if (missing.length === 0) return;
  throw new LatchkeyError('forbidden', {
    reason: `scopes: your own key lacks ${missing.map((scope) => `"${scope}"`).join(', ')}, so you cannot give it away.`,
  });
}

function refused(why: string): LatchkeyError {
  return new LatchkeyError('unauthorized', { reason: `Authorization: ${why}` });
}
