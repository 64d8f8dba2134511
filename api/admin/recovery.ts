import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { flowPage, recoveryTokenLink } from '../../platform/links.js';
import { claimIdempotencyKey } from '../../activities/store/idempotency.js';
import { getIdentityState } from '../../activities/store/identity-state.js';
import { issueOf } from '../../activities/store/challenge-flows.js';
import { emailAddressesOf } from '../../activities/store/recovery-addresses.js';
import { getRecoveryFlow, insertRecoveryFlow } from '../../activities/store/recovery-flows.js';
import type { RecoveryFlow } from '../../activities/store/recovery-flows.js';
import { inTransaction } from '../../platform/postgres.js';
import type { JsonObject } from '../../schemas/json.js';
import { LatchkeyError } from '../../schemas/errors.js';
import { MACHINE_SCHEMA_ID } from '../../schemas/machines.js';
import { CreateRecoveryCodeBody, CreateRecoveryLinkBody } from '../../schemas/recovery.js';
import type { ApiContext } from '../context.js';
import { idempotencyKey } from '../idempotency-key.js';
import { ensureStarted } from '../public/recovery/start-workflow.js';
import { checkReturnTo } from '../public/return-to.js';
import { badRequest, bodyParser, isUuid, queryValue } from '../validation.js';
import { lifeOf } from './expires-in.js';

/** Ten years: longer is a typing mistake, and dates past the year 9999 cannot be written. */
const LONGEST_LIFE = { ms: 10 * 365 * 86_400_000, words: 'ten years (87600h)' };

const parseCode = bodyParser(CreateRecoveryCodeBody);
const parseLink = bodyParser(CreateRecoveryLinkBody);

/** `POST /recovery/code` and `/recovery/link`: an administrator's recovery, or two-step invite, of a person. */
export async function adminRecoveryRoutes(app: FastifyInstance, ctx: ApiContext): Promise<void> {
  app.post('/recovery/code', async (request, reply) => {
    const body = parseCode(requireBody(request));
    const flow = await createRecovery(ctx, request, {
      ...body,
      method: 'code',
      type: flowType(body.flow_type),
      unknownIdentity: new LatchkeyError('not_found', { reason: 'identity_id: there is no such identity.' }),
    });
    return reply.code(201).send({
      recovery_link: flowPage(ctx.config.selfservice.flows.recovery.uiUrl, flow.id),
      recovery_code: ctx.keys.recovery.code(issueOf(flow)),
      expires_at: flow.expires_at.toISOString(),
    });
  });

  app.post('/recovery/link', async (request, reply) => {
    const body = parseLink(requireBody(request));
    const flow = await createRecovery(ctx, request, {
      ...body,
      method: 'link',
      type: 'browser',
      unknownIdentity: badRequest('identity_id: there is no such identity.'),
    });
    return reply.code(200).send({
      recovery_link: recoveryTokenLink(ctx.config, flow.id, ctx.keys.recovery.linkToken(issueOf(flow))),
      expires_at: flow.expires_at.toISOString(),
    });
  });
}

interface Wanted {
  identity_id?: string | null;
  expires_in?: string;
  /** Mails it for the administrator, too. Of this project. */
  deliver?: boolean;
  method: 'code' | 'link';
  type: 'api' | 'browser';
  /** Kratos answers 404 for codes and 400 for links. */
  unknownIdentity: LatchkeyError;
}

/**
 * Writes the flow and starts its workflow; durable when this returns, with or without a worker. With an
 * `Idempotency-Key` the same request again gives the same flow, and so the same code.
 */
async function createRecovery(ctx: ApiContext, request: FastifyRequest, wanted: Wanted): Promise<RecoveryFlow> {
  const { method } = wanted;
  const { methods } = ctx.config.selfservice;
  if (!methods[method].enabled) {
    throw new LatchkeyError('not_found', {
      reason: `Recovery by ${method} is switched off here (selfservice.methods.${method}.enabled).`,
    });
  }
  const identityId = wanted.identity_id ?? '';
  if (identityId !== '' && !isUuid(identityId)) throw badRequest('identity_id: is not a UUID.');
  const lifeMs = lifeOf(wanted.expires_in, ctx.config.selfservice.methods[method].lifespanMs, LONGEST_LIFE);
  const returnTo = checkReturnTo(ctx, queryValue(request.query, 'return_to'));
  const key = idempotencyKey(request);
  const now = new Date(ctx.now());

  const flow = await inTransaction(ctx.pool, async (client) => {
    const identity = identityId === '' ? undefined : await getIdentityState(client, identityId);
    if (!identity) throw wanted.unknownIdentity;
    if (identity.schema_id === MACHINE_SCHEMA_ID)
      throw badRequest('identity_id: this is a machine; it has keys instead.');
    const id = randomUUID();
    if (key !== undefined) {
      const route = `POST /admin/recovery/${method}`;
      const held = await claimIdempotencyKey(client, { route, key, body: request.body as JsonObject }, id, now);
      if (held !== id) return getRecoveryFlow(client, held);
    }
    if (wanted.deliver && (await emailAddressesOf(client, identity.id)).length === 0) {
      throw badRequest('deliver: this identity has no e-mail address.');
    }
    return insertRecoveryFlow(client, {
      id,
      type: wanted.type,
      origin: 'admin',
      method,
      state: 'sent_email',
      identity_id: identity.id,
      deliver: wanted.deliver ?? false,
      issue: 1,
      request_url: new URL(`recovery/${method}`, new URL('admin/', ctx.config.serve.admin.baseUrl)).href,
      return_to: returnTo,
      issued_at: now,
      code_lifespan_ms: lifeMs,
      code_expires_at: new Date(now.getTime() + lifeMs),
      expires_at: new Date(now.getTime() + lifeMs),
    });
  });
  if (!flow) throw new LatchkeyError('gone', { reason: 'The recovery that this Idempotency-Key made was deleted.' });
  await ensureStarted(ctx, flow);
  return flow;
}

function requireBody(request: FastifyRequest): unknown {
  if (request.body === undefined) throw badRequest('The body is empty: send a JSON object with identity_id.');
  return request.body;
}

function flowType(given: string | undefined): 'api' | 'browser' {
  if (given === undefined || given === '' || given === 'browser') return 'browser';
  if (given === 'api') return 'api';
  throw badRequest('flow_type: must be "browser" or "api".');
}
