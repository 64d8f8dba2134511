import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { claimIdempotencyKey } from '../../activities/store/idempotency.js';
import { createIdentity, deleteIdentity } from '../../activities/store/identities.js';
import { FIRST_ID } from '../../activities/store/identity-list.js';
import { listMachineKeys } from '../../activities/store/machine-keys.js';
import { getMachine, insertMachine, listMachines } from '../../activities/store/machines.js';
import { inTransaction } from '../../platform/postgres.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { JsonObject } from '../../schemas/json.js';
import { CreateMachineBody, MACHINE_SCHEMA_ID } from '../../schemas/machines.js';
import { assertMayGrant, callerOf } from '../admin-key.js';
import type { ApiContext } from '../context.js';
import { idempotencyKey } from '../idempotency-key.js';
import { machineView } from '../machine-view.js';
import { keysetLink, pageSize } from '../paging.js';
import { badRequest, bodyParser, isUuid, pathId, queryValue } from '../validation.js';
import { machineKeyRoutes, tellWatches } from './machine-keys.js';

const parseCreate = bodyParser(CreateMachineBody);

/** The administrators' routes for machines: identities without address or password that hold keys to this API. */
export async function machineRoutes(app: FastifyInstance, ctx: ApiContext): Promise<void> {
  const { pool } = ctx;
  const now = (): Date => new Date(ctx.now());

  app.post('/machines', async (request, reply) => {
    const { name, scopes, metadata_admin = null } = parseCreate(request.body);
    const caller = callerOf(request);
    assertMayGrant(caller, scopes);
    const repeat = idempotencyKey(request);
    const traits = { name };
    const derived = ctx.identitySchemas.derive(MACHINE_SCHEMA_ID, traits);
    const machine = await inTransaction(pool, async (client) => {
      const id = randomUUID();
      if (repeat !== undefined) {
        const keyed = {
          route: `POST /admin/machines by ${caller.keyId ?? 'anybody'}`,
          key: repeat,
          body: request.body as JsonObject,
        };
        const held = await claimIdempotencyKey(client, keyed, id, now());
        if (held !== id) return getMachine(client, held, now());
      }
      const content = { schema_id: MACHINE_SCHEMA_ID, traits, state: 'active', metadata_public: null } as const;
      await createIdentity(client, { id, ...content, metadata_admin, external_id: null, derived }, now());
      await insertMachine(client, id, scopes);
      return getMachine(client, id, now());
    });
    if (!machine)
      throw new LatchkeyError('gone', { reason: 'What this Idempotency-Key created has been deleted since.' });
    const location = new URL(`admin/machines/${machine.id}`, ctx.config.serve.admin.baseUrl).href;
    return reply.code(201).header('location', location).send(machineView(machine));
  });

  app.get('/machines', async (request, reply) => {
    const size = pageSize(request.query);
    const after = queryValue(request.query, 'page_token') ?? FIRST_ID;
    if (!isUuid(after)) throw badRequest('page_token: is not one that this service gave out');
    const { items, next } = await listMachines(pool, { after, limit: size }, now());
    void reply.header('link', keysetLink('/admin/machines', request.query, { size, first: FIRST_ID, next }));
    return items.map(machineView);
  });

  app.get('/machines/:id', async (request) => {
    const machine = await getMachine(pool, pathId(request.params), now());
    if (!machine) throw new LatchkeyError('not_found');
    return machineView(machine);
  });

  app.delete('/machines/:id', async (request, reply) => {
    const id = pathId(request.params);
    if (!(await getMachine(pool, id, now()))) throw new LatchkeyError('not_found');
    const keys = await listMachineKeys(pool, id);
    await deleteIdentity(pool, id);
    await tellWatches(ctx, request, keys);
    return reply.code(204).send();
  });

  await machineKeyRoutes(app, ctx);
}
