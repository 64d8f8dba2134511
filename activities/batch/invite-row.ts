import { randomUUID } from 'node:crypto';
import { normalizeAddress } from '../../platform/addresses.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { JsonObject } from '../../schemas/json.js';
import type { ActivityDeps } from '../flow-steps.js';
import type { RowMade } from '../store/batch-rows.js';
import type { Batch } from '../store/batches.js';
import { closeInvite, insertInviteFlow } from '../store/change-invite.js';
import { createIdentity, getIdentity } from '../store/identities.js';
import type { Identity } from '../store/identity-rows.js';
import type { InvitePayload } from '../store/invite-payload.js';
import { insertInvite, lockOpenInviteOf, statusAt } from '../store/invites.js';
import type { Invite } from '../store/invites.js';
import { lockPerson } from '../store/lock-invite.js';
import type { Queryable } from '../store/statement.js';

/** Makes the person, unless there is one, and their invite. @throws LatchkeyError saying why that cannot be */
export async function inviteRow(
  db: Queryable,
  deps: ActivityDeps,
  batch: Batch,
  row: { payload: JsonObject; identityId: string | null },
): Promise<RowMade> {
  const now = new Date(deps.now());
  const { invite: wanted, address, content } = row.payload as unknown as InvitePayload;
  const identity = content
    ? await createIdentity(db, { ...content, id: randomUUID() }, now)
    : await takeKnown(db, deps, row.identityId ?? '', now);
  const invite: Invite = {
    ...wanted,
    id: randomUUID(),
    identity_id: identity.id,
    delivery: 'email',
    address: addressOf(identity, address),
    created_by: batch.created_by,
    flow_id: randomUUID(),
    created_at: now,
    updated_at: now,
    expires_at: new Date(now.getTime() + wanted.lifespan_ms),
    status: 'pending',
    steps: [{ status: 'pending', at: now.toISOString() }],
    mails: 1,
    mail_kind: 'invite',
  };
  await insertInvite(db, invite);
  await insertInviteFlow(db, deps, invite);
  return { identityId: identity.id, inviteId: invite.id };
}

async function takeKnown(db: Queryable, deps: ActivityDeps, id: string, now: Date): Promise<Identity> {
  await lockPerson(db, deps, id, now);
  const identity = await getIdentity(db, id, { lock: true });
  if (!identity) throw new LatchkeyError('not_found', { reason: 'There is no such identity any more.' });
  if (identity.state !== 'active') throw new LatchkeyError('conflict', { reason: 'This identity is inactive.' });
  const open = await lockOpenInviteOf(db, id);
  if (!open) return identity;
  if (statusAt(open, now) !== 'expired') {
    throw new LatchkeyError('invite_state', { reason: `This person has an open invite (${open.status}).` });
  }
  await closeInvite(db, deps, open, 'deadline_passed');
  return identity;
}

function addressOf(identity: Identity, wanted: string | null): string {
  const all = [...identity.recovery_addresses, ...identity.verifiable_addresses].filter(({ via }) => via === 'email');
  const address = wanted === null ? all[0]?.value : normalizeAddress('email', wanted);
  if (address !== undefined && all.some(({ value }) => value === address)) return address;
  throw new LatchkeyError('conflict', {
    reason:
      wanted === null ? 'There is no e-mail address to send the invite to.' : "address: is not one of the person's.",
  });
}
