import type pg from 'pg';
import { inTransaction } from '../platform/postgres.js';
import { LatchkeyError } from '../schemas/errors.js';
import { advance } from '../workflows/domain/recovery-lifecycle.js';
import { setPasswordHash } from './store/credentials.js';
import { getRecoveryFlow, moveTo, phaseOf, saveRecoveryFlow } from './store/recovery-flows.js';
import type { Session } from './store/sessions.js';
import { lockSession } from './store/sessions.js';

/**
 * Sets a new password and, when the session comes from a recovery that is still open, completes that recovery, in one
 * transaction. Returns the id of the recovery completed, or null.
 *
 * @throws LatchkeyError unauthorized when the session has ended meanwhile
 */
export async function setNewPassword(
  pool: pg.Pool,
  change: { session: Session; hash: string; now: Date },
): Promise<string | null> {
  const { session, hash, now } = change;
  return inTransaction(pool, async (client) => {
    // Flow before session: the order in which a cancellation locks them.
    const flow =
      session.recovery_flow_id === null
        ? undefined
        : await getRecoveryFlow(client, session.recovery_flow_id, { lock: true });
    if (!(await lockSession(client, session.id, now))) {
      throw new LatchkeyError('unauthorized', { reason: 'This session has ended. Sign in again.' });
    }
    await setPasswordHash(client, session.identity_id, hash, now);
    const next = flow && advance(phaseOf(flow), 'credential_set');
    if (!next) return null;
    moveTo(flow, next.to, now);
    await saveRecoveryFlow(client, flow);
    return flow.id;
  });
}
