import type { FastifyInstance, FastifyRequest } from 'fastify';
import type pg from 'pg';
import { applyKeyEvent, getMachineKey, listMachineKeys } from '../../activities/store/machine-keys.js';
import type { MachineKey } from '../../activities/store/machine-keys.js';
import { getMachine } from '../../activities/store/machines.js';
import type { Machine } from '../../activities/store/machines.js';
import { inTransaction } from '../../platform/postgres.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { JsonObject } from '../../schemas/json.js';
import { CreateMachineKeyBody, RotateMachineKeyBody } from '../../schemas/machines.js';
import { missingScopes } from '../../schemas/scopes.js';
import { parseGoDuration } from '../../workflows/domain/duration.js';
import { assertMayGrant, callerOf } from '../admin-key.js';
import type { ApiContext } from '../context.js';
import { machineKeyView, stateOf } from '../machine-view.js';
import { offsetPage } from '../paging.js';
import { badRequest, bodyParser, pathId } from '../validation.js';
import { durationOf } from './expires-in.js';
import { issueKey } from './issue-machine-key.js';
import type { IssuedKey } from './issue-machine-key.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const LONGEST_LIFE = { ms: 3_650 * DAY_MS, words: 'ten years (87600h)' };
const LONGEST_OVERLAP = { ms: 30 * DAY_MS, words: '30 days (720h)' };

const parseCreate = bodyParser(CreateMachineKeyBody);
const parseRotate = bodyParser(RotateMachineKeyBody);

/** The routes for the keys of a machine. A secret is shown by the answer that makes it, and never again. */
export async function machineKeyRoutes(app: FastifyInstance, ctx: ApiContext): Promise<void> {
  const { pool } = ctx;
  const shown = ({ key, secret }: IssuedKey): JsonObject => ({ ...machineKeyView(key, ctx.now()), secret });

  app.post('/machines/:id/keys', async (request, reply) => {
    const machineId = pathId(request.params);
    const body = parseCreate(request.body ?? {});
    const lifeMs = lifeOf(body.expires_in);
    const issued = await issueKey(ctx, request, `POST /admin/machines/${machineId}/keys`, async (client, now) => {
      const machine = await existingMachine(client, machineId, now, { lock: true });
      const scopes = body.scopes ?? machine.scopes;
      const beyond = missingScopes(machine.scopes, scopes);
      if (beyond.length > 0) throw badRequest(`scopes: the machine itself may not have ${beyond.join(', ')}`);
      assertMayGrant(callerOf(request), scopes);
      return { machine_id: machineId, name: body.name ?? null, scopes, replaces: null, lifeMs };
    });
    return reply.code(201).send(shown(issued));
  });

  app.get('/machines/:id/keys', async (request, reply) => {
    const id = pathId(request.params);
    await existingMachine(pool, id, new Date(ctx.now()));
    const keys = await listMachineKeys(pool, id);
    const { items, headers } = offsetPage(`/admin/machines/${id}/keys`, request.query, keys);
    void reply.headers(headers);
    return items.map((key) => machineKeyView(key, ctx.now()));
  });

  app.post('/machines/:id/keys/:key/rotate', async (request, reply) => {
    const { machineId, keyId } = ids(request);
    const body = parseRotate(request.body ?? {});
    const overlapMs = overlapOf(body.overlap);
    const lifeMs = lifeOf(body.expires_in);
    const route = `POST /admin/machines/${machineId}/keys/${keyId}/rotate`;
    const issued = await issueKey(ctx, request, route, async (client, now) => {
      const old = await existingKey(client, machineId, keyId);
      if (stateOf(old, now.getTime()) !== 'active') {
        throw new LatchkeyError('conflict', {
          reason: 'This key is over, or has been rotated before; make a new one.',
        });
      }
      assertMayGrant(callerOf(request), old.scopes);
      const life = lifeMs ?? (old.expires_at === null ? null : old.expires_at.getTime() - old.created_at.getTime());
      await applyKeyEvent(client, old, 'rotated', { now, until: new Date(now.getTime() + overlapMs) });
      return { machine_id: machineId, name: old.name, scopes: old.scopes, replaces: old.id, lifeMs: life };
    });
    if (issued.fresh) await tellWatches(ctx, request, [{ id: keyId }]);
    return reply.code(201).send(shown(issued));
  });

  app.delete('/machines/:id/keys/:key', async (request, reply) => {
    const { machineId, keyId } = ids(request);
    const key = await inTransaction(pool, async (client) => {
      const found = await existingKey(client, machineId, keyId);
      await applyKeyEvent(client, found, 'revoke_asked', { now: new Date(ctx.now()) });
      return found;
    });
    await tellWatches(ctx, request, [key]);
    return reply.code(204).send();
  });
}

/**
 * Tells the workflows that watch over keys that these have changed. What counts is done by then: a watch that cannot be
 * told finds out at its next moment.
 */
export async function tellWatches(
  ctx: ApiContext,
  request: FastifyRequest,
  keys: readonly Pick<MachineKey, 'id'>[],
): Promise<void> {
  try {
    for (const { id } of keys) await ctx.workflows.tellMachineKey(id);
  } catch (error) {
    request.log.warn({ err: error }, 'the watch over a key could not be told; it finds out by itself');
  }
}

/** The life that is asked for, milliseconds; null is one without an end. */
function lifeOf(expiresIn: string | undefined): number | null {
  if (expiresIn === undefined) return null;
  const ms = durationOf(expiresIn, 'expires_in', LONGEST_LIFE);
  // Over before anybody has used it.
  if (ms < MINUTE_MS) throw badRequest('expires_in: must be at least one minute ("1m").');
  return ms;
}

/** How long a rotated key goes on, milliseconds: a day unless said otherwise, or not at all ("0s"). */
function overlapOf(overlap: string | undefined): number {
  if (overlap === undefined) return DAY_MS;
  return parseGoDuration(overlap) === 0 ? 0 : durationOf(overlap, 'overlap', LONGEST_OVERLAP);
}

async function existingMachine(
  db: pg.Pool | pg.PoolClient,
  id: string,
  now: Date,
  options: { lock?: boolean } = {},
): Promise<Machine> {
  const machine = await getMachine(db, id, now, options);
  if (!machine) throw new LatchkeyError('not_found');
  return machine;
}

/** The key, locked. */
async function existingKey(client: pg.PoolClient, machineId: string, keyId: string): Promise<MachineKey> {
  const key = await getMachineKey(client, keyId, { lock: true });
  if (key?.machine_id !== machineId) throw new LatchkeyError('not_found');
  return key;
}

function ids(request: FastifyRequest): { machineId: string; keyId: string } {
  return { machineId: pathId(request.params), keyId: pathId(request.params, 'key') };
}
