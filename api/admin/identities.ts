import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { deleteCredential } from '../../activities/store/credentials.js';
import { claimIdempotencyKey } from '../../activities/store/idempotency.js';
import { createIdentity, deleteIdentity, getIdentity } from '../../activities/store/identities.js';
import { replaceIdentity } from '../../activities/store/identity-replace.js';
import type { Identity } from '../../activities/store/identity-rows.js';
import { inTransaction } from '../../platform/postgres.js';
import { LatchkeyError } from '../../schemas/errors.js';
import {
  CreateIdentityBody,
  IdentityBatchBody,
  IdentityPatchBody,
  UpdateIdentityBody,
} from '../../schemas/identities.js';
import type { JsonObject, JsonValue } from '../../schemas/json.js';
import type { ApiContext } from '../context.js';
import { idempotencyKey } from '../idempotency-key.js';
import { identityView } from '../identity-view.js';
import { badRequest, bodyParser, pathId } from '../validation.js';
import { createBatch } from './identity-batch.js';
import { contentOfNew, contentOfUpdate, passwordHashOfBody } from './identity-content.js';
import { identityPage, includedCredentials } from './identity-list.js';
import { patched } from './identity-patch.js';
import { sessionRoutes } from './sessions.js';

const CREATE_ROUTE = 'POST /admin/identities';

const parseCreate = bodyParser(CreateIdentityBody);
const parseUpdate = bodyParser(UpdateIdentityBody);
const parsePatch = bodyParser(IdentityPatchBody);
const parseBatch = bodyParser(IdentityBatchBody);

/** The administrators' routes for identities and their sessions, as in Kratos. To be mounted at `/admin` and at `/`. */
export async function identityRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { pool, identitySchemas: schemas } = context;
  const publicBaseUrl = context.config.serve.public.baseUrl;
  const now = (): Date => new Date(context.now());

  app.post('/identities', async (request, reply) => {
    const body = parseCreate(request.body);
    const key = idempotencyKey(request);
    const content = await contentOfNew(context, body);
    const identity = await inTransaction(pool, async (client) => {
      const id = randomUUID();
      const keyed = key !== undefined && { route: CREATE_ROUTE, key, body: body as JsonValue };
      const held = keyed ? await claimIdempotencyKey(client, keyed, id, now()) : id;
      if (held === id) return createIdentity(client, { ...content, id }, now());
      return existing(await getIdentity(client, held), 'gone');
    });
    void reply.code(201).header('location', new URL(`identities/${identity.id}`, adminBaseUrl(context)).href);
    return written(identity);
  });

  app.get('/identities', async (request, reply) => {
    const { body, link } = await identityPage(context, request.query);
    if (link !== undefined) void reply.header('link', link);
    return body;
  });

  app.patch('/identities', (request) => createBatch(context, parseBatch(request.body)));

  app.get('/identities/:id', async (request) => {
    const includeCredentials = includedCredentials(request.query);
    const identity = existing(await getIdentity(pool, pathId(request.params)));
    return identityView(identity, { publicBaseUrl, admin: true, includeCredentials });
  });

  app.put('/identities/:id', async (request) => {
    const id = pathId(request.params);
    const body = parseUpdate(request.body);
    existing(await getIdentity(pool, id));
    const hash = await passwordHashOfBody(context, body.credentials);
    return written(await change(id, (current) => contentOfUpdate(schemas, current, body, hash)));
  });

  app.patch('/identities/:id', async (request) => {
    const id = pathId(request.params);
    const operations = parsePatch(request.body);
    const identity = await change(id, (current) =>
      contentOfUpdate(schemas, current, patched(current, operations), undefined),
    );
    return identityView(identity, { publicBaseUrl, admin: true });
  });

  app.delete('/identities/:id', async (request, reply) => {
    if (!(await deleteIdentity(pool, pathId(request.params)))) throw new LatchkeyError('not_found');
    return reply.code(204).send();
  });

  app.delete('/identities/:id/credentials/:type', async (request, reply) => {
    const id = pathId(request.params);
    const { type } = request.params as { type: string };
    const result = await inTransaction(pool, async (client) =>
      deleteCredential(client, existing(await getIdentity(client, id, { lock: true })), type),
    );
    if (result === 'absent') throw new LatchkeyError('not_found', { reason: 'This identity has no such credential.' });
    if (result === 'last') throw badRequest('type: this is the only credential to sign in with, and cannot be removed');
    return reply.code(204).send();
  });

  await sessionRoutes(app, context);

  /** Reads, changes and writes an identity while nobody else can. */
  function change(id: string, to: (current: Identity) => ReturnType<typeof contentOfUpdate>): Promise<Identity> {
    return inTransaction(pool, async (client) => {
      const current = existing(await getIdentity(client, id, { lock: true }));
      return replaceIdentity(client, current, to(current), now());
    });
  }

  /** What POST and PUT answer: as elsewhere, but without a `metadata_admin` that is empty. */
  function written(identity: Identity): JsonObject {
    const view = identityView(identity, { publicBaseUrl, admin: true });
    if (view.metadata_admin === null) delete view.metadata_admin;
    return view;
  }
}

function existing(identity: Identity | undefined, otherwise: 'not_found' | 'gone' = 'not_found'): Identity {
  if (identity) return identity;
  throw new LatchkeyError(
    otherwise,
    otherwise === 'gone' ? { reason: 'What this Idempotency-Key created has been deleted since.' } : {},
  );
}

function adminBaseUrl(context: ApiContext): string {
  const { baseUrl } = context.config.serve.admin;
  return baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
}
