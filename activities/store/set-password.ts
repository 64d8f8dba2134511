import type pg from 'pg';
import { inTransaction } from '../../platform/postgres.js';
import type { Keys } from '../../platform/keys.js';
import { LatchkeyError } from '../../schemas/errors.js';
import { advance } from '../../workflows/domain/recovery-lifecycle.js';
import { acceptInvite } from '../accept-invite.js';
import { lockPerson } from './lock-invite.js';
import { setPasswordHash } from './credentials.js';
import type { Invite } from './invites.js';
import { insertNotice } from './notices.js';
import { getRecoveryFlow, moveTo, phaseOf, saveRecoveryFlow } from './recovery-flows.js';
import type { RecoveryFlow } from './recovery-flows.js';
import type { Session } from './sessions.js';
import { lockSession, revokeOtherSessions } from './sessions.js';
import type { Queryable } from './statement.js';

/** True when a new password in this session completes a recovery, which then sends the notice. */
export async function completesRecovery(db: Queryable, session: Session): Promise<boolean> {
  const flow = session.recovery_flow_id === null ? undefined : await getRecoveryFlow(db, session.recovery_flow_id);
  return flow !== undefined && afterNewCredential(flow) !== undefined;
}

/** What a new password completed: a recovery with a workflow of its own (its id), and an invite. */
export interface Completed {
  recovery: string | null;
  invite: Invite | null;
}

/**
 * Sets a new password, in one transaction with what follows from it: when the session comes from a recovery that is
 * still open, that is complete, and so is the person's open invite; otherwise the notice `noticeId` is due.
 *
 * @throws LatchkeyError unauthorized when the session has ended meanwhile; unavailable when the recovery has, and no
 *   notice was announced in its place
 */
export async function setNewPassword(
  pool: pg.Pool,
  change: {
    session: Session;
    hash: string;
    noticeId: string | null;
    revokeOthers: boolean;
    /** What belongs into the same transaction. */
    alsoDo: (client: pg.PoolClient, now: Date) => Promise<void>;
    now: Date;
    keys: Keys;
  },
): Promise<Completed> {
  const { session, hash, noticeId, now } = change;
  return inTransaction(pool, async (client) => {
    if (session.recovery_flow_id !== null) await lockPerson(client, change, session.identity_id, now);
    // Flow before session: the order in which a cancellation locks them.
    const flow =
      session.recovery_flow_id === null
        ? undefined
        : await getRecoveryFlow(client, session.recovery_flow_id, { lock: true });
    if (!(await lockSession(client, session.id, now))) {
      throw new LatchkeyError('unauthorized', { reason: 'This session has ended. Sign in again.' });
    }
    await setPasswordHash(client, session.identity_id, hash, now);
    await change.alsoDo(client, now);
    if (change.revokeOthers) await revokeOtherSessions(client, session.identity_id, session.id);
    const next = flow && afterNewCredential(flow);
    if (next) {
      moveTo(flow, next, now);
      await saveRecoveryFlow(client, flow);
      const invite = await acceptInvite(client, session.identity_id, now);
      return { recovery: flow.invite_id === null ? flow.id : null, invite };
    }
    if (noticeId === null) throw new LatchkeyError('unavailable', { retryAfterSeconds: 1 });
    await insertNotice(client, {
      id: noticeId,
      identity_id: session.identity_id,
      kind: 'password_changed',
      happened_at: now,
    });
    return { recovery: null, invite: null };
  });
}

function afterNewCredential(flow: RecoveryFlow) {
  return advance(phaseOf(flow), 'credential_set')?.to;
}
