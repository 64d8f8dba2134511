import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type pg from 'pg';
import { closeInvite, insertInviteFlow } from '../../activities/store/change-invite.js';
import { lockPerson } from '../../activities/store/lock-invite.js';
import { claimIdempotencyKey } from '../../activities/store/idempotency.js';
import { createIdentity, deleteIdentity, getIdentity } from '../../activities/store/identities.js';
import type { Identity } from '../../activities/store/identity-rows.js';
import { deleteInvite, getInvite, insertInvite, lockOpenInviteOf, statusAt } from '../../activities/store/invites.js';
import type { Invite } from '../../activities/store/invites.js';
import { normalizeAddress } from '../../platform/addresses.js';
import { inTransaction } from '../../platform/postgres.js';
import { LatchkeyError } from '../../schemas/errors.js';
import { CreateInviteBody } from '../../schemas/invites.js';
import type { JsonObject } from '../../schemas/json.js';
import { formatGoDuration } from '../../workflows/domain/duration.js';
import type { ApiContext } from '../context.js';
import { idempotencyKey } from '../idempotency-key.js';
import { startInvite } from '../invite-workflow.js';
import { checkReturnTo } from '../public/return-to.js';
import { badRequest, bodyParser } from '../validation.js';
import { adminKeyId } from './caller.js';
import { durationOf, lifeOf } from './expires-in.js';
import type { Longest } from './expires-in.js';
import { contentOfNew } from './identity-content.js';

const parse = bodyParser(CreateInviteBody);
const OF_NEW_PEOPLE = ['schema_id', 'traits', 'external_id', 'metadata_admin'] as const;

/**
 * `POST /admin/invites`: writes the person (unless there is one), the invite and its code in one transaction and starts
 * the workflow; durable when this returns, with or without a worker. With an `Idempotency-Key` the same request again
 * gives the same invite.
 */
export async function createInvite(ctx: ApiContext, request: FastifyRequest): Promise<Invite> {
  const body = parse(request.body ?? {});
  const key = idempotencyKey(request);
  const person = await personOf(ctx, body);
  const wanted = wantedOf(ctx, body);
  const invite = await inTransaction(ctx.pool, async (client) => {
    const id = randomUUID();
    const now = new Date(ctx.now());
    if (key !== undefined) {
      const route = 'POST /admin/invites';
      const held = await claimIdempotencyKey(client, { route, key, body: body as JsonObject }, id, now);
      if (held !== id) return getInvite(client, held);
    }
    const identity = await person.take(client, now);
    const made: Invite = {
      ...wanted,
      id,
      identity_id: identity.id,
      address: addressFor(identity, body.address ?? null, wanted.delivery),
      created_by: adminKeyId(ctx, request),
      flow_id: randomUUID(),
      created_at: now,
      updated_at: now,
      expires_at: new Date(now.getTime() + wanted.lifespan_ms),
      ...firstSteps(wanted.delivery, now),
    };
    await insertInvite(client, made);
    await insertInviteFlow(client, ctx, made);
    return made;
  });
  if (!invite) throw new LatchkeyError('gone', { reason: 'The invite that this Idempotency-Key made was deleted.' });
  await start(ctx, invite, { repeatable: key !== undefined, isNewPerson: person.isNew });
  return invite;
}

/** What the caller of `delivery: "none"` gets is out at once; a mail is on its way. */
function firstSteps(delivery: Invite['delivery'], now: Date): Pick<Invite, 'status' | 'steps' | 'mails' | 'mail_kind'> {
  const at = now.toISOString();
  const made = { status: 'pending', at } as const;
  if (delivery === 'email') return { status: 'pending', steps: [made], mails: 1, mail_kind: 'invite' };
  return { status: 'sent', steps: [made, { status: 'sent', at }], mails: 0, mail_kind: 'invite' };
}

/** Everything that the body says beside who is invited. @throws LatchkeyError bad_request, not_found, return_to_forbidden */
export function wantedOf(ctx: ApiContext, body: CreateInviteBody) {
  const { invites, selfservice } = ctx.config;
  const method = body.method ?? selfservice.flows.recovery.use;
  if (!selfservice.methods[method].enabled) {
    throw badRequest(`method: ${method} is switched off here (selfservice.methods.${method}.enabled).`);
  }
  const longest = longestInvite(ctx);
  return {
    method,
    flow_type: body.flow_type ?? 'browser',
    delivery: body.delivery ?? 'email',
    lifespan_ms: lifeOf(body.expires_in, invites.lifespanMs, longest),
    reminders_ms: body.reminders?.map((text, at) => durationOf(text, `reminders.${at}`, longest)) ?? [
      ...invites.remindersMs,
    ],
    return_to: checkReturnTo(ctx, body.return_to ?? undefined),
    locale: body.locale ?? null,
    metadata_public: body.metadata_public ?? null,
  };
}

/** The longest life that an invite may ask for. */
export function longestInvite(ctx: ApiContext): Longest {
  const ms = ctx.config.invites.maxLifespanMs;
  return { ms, words: `${formatGoDuration(ms)} (invites.max_lifespan)` };
}

interface InvitedPerson {
  isNew: boolean;
  /** The person, made now or locked. */
  take(client: pg.PoolClient, now: Date): Promise<Identity>;
}

async function personOf(ctx: ApiContext, body: CreateInviteBody): Promise<InvitedPerson> {
  const { identity_id: id } = body;
  if (id === undefined || id === null) {
    const { schema_id, traits, external_id, metadata_admin, metadata_public } = body;
    const content = await contentOfNew(ctx, { schema_id, traits, external_id, metadata_admin, metadata_public });
    return { isNew: true, take: (client, now) => createIdentity(client, { ...content, id: randomUUID() }, now) };
  }
  const stray = OF_NEW_PEOPLE.find((field) => body[field] !== undefined && body[field] !== null);
  if (stray) throw badRequest(`identity_id, ${stray}: give the id of a person, or what a new one is made of, not both`);
  return { isNew: false, take: (client, now) => takeKnown(ctx, client, id.toLowerCase(), now) };
}

async function takeKnown(ctx: ApiContext, client: pg.PoolClient, id: string, now: Date): Promise<Identity> {
  await lockPerson(client, ctx, id, now);
  const identity = await getIdentity(client, id, { lock: true });
  if (!identity) throw new LatchkeyError('not_found', { reason: 'identity_id: there is no such identity.' });
  if (identity.state !== 'active') {
    throw new LatchkeyError('conflict', { reason: 'identity_id: this identity is inactive. Activate it first.' });
  }
  const open = await lockOpenInviteOf(client, id);
  if (!open) return identity;
  if (statusAt(open, now) === 'expired') {
    await closeInvite(client, ctx, open, 'deadline_passed');
    return identity;
  }
  throw new LatchkeyError('invite_state', {
    reason: `identity_id: this person has an open invite (${open.status}). Resend that one, or revoke it first.`,
    details: { invite_id: open.id, status: open.status },
  });
}

function addressFor(identity: Identity, wanted: string | null, delivery: Invite['delivery']): string | null {
  const all = [...identity.recovery_addresses, ...identity.verifiable_addresses].filter(({ via }) => via === 'email');
  const addresses = [...new Set(all.map(({ value }) => value))];
  if (wanted !== null) {
    const address = normalizeAddress('email', wanted);
    if (address !== undefined && addresses.includes(address)) return address;
    throw badRequest("address: is not one of the person's e-mail addresses");
  }
  const [first = null] = addresses;
  if (first === null && delivery === 'email') {
    throw badRequest('traits: have no e-mail address to send the invite to. Add one, or set delivery to "none".');
  }
  return first;
}

/**
 * Starts the workflow. When that fails, a caller who cannot repeat the request as the same one finds nothing half-done:
 * what was written is taken back, unless the workflow runs after all and the mail is out.
 */
async function start(
  ctx: ApiContext,
  invite: Invite,
  how: { repeatable: boolean; isNewPerson: boolean },
): Promise<void> {
  try {
    await startInvite(ctx, invite);
  } catch (error) {
    if (how.repeatable || (await takeBack(ctx, invite, how.isNewPerson))) throw error;
  }
}

async function takeBack(ctx: ApiContext, invite: Invite, isNewPerson: boolean): Promise<boolean> {
  return inTransaction(ctx.pool, async (client) => {
    const now = await getInvite(client, invite.id, { lock: true });
    if (now && now.steps.length > invite.steps.length) return false;
    if (isNewPerson) await deleteIdentity(client, invite.identity_id);
    else await deleteInvite(client, invite.id);
    return true;
  });
}
