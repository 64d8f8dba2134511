import { randomUUID } from 'node:crypto';
import { LatchkeyError } from '../../schemas/errors.js';
import type { ActivityDeps } from '../flow-steps.js';
import { lockPerson } from '../store/lock-invite.js';
import type { RowMade } from '../store/batch-rows.js';
import type { Batch } from '../store/batches.js';
import { getIdentityState } from '../store/identity-state.js';
import { emailAddressesOf } from '../store/recovery-addresses.js';
import { insertRecoveryFlow } from '../store/recovery-flows.js';
import { requireRecovery } from '../store/required-recoveries.js';
import type { Queryable } from '../store/statement.js';

/**
 * Ends a person's sessions, requires a recovery of them and begins it. Whoever cannot be written to is shut out all the
 * same, and reported.
 *
 * @throws LatchkeyError not_found when the person is gone
 */
export async function recoverRow(
  db: Queryable,
  deps: ActivityDeps,
  batch: Batch,
  identityId: string,
): Promise<RowMade> {
  const { config } = deps;
  const now = new Date(deps.now());
  await lockPerson(db, deps, identityId, now);
  const identity = await getIdentityState(db, identityId);
  if (!identity) throw new LatchkeyError('not_found', { reason: 'There is no such identity any more.' });
  await requireRecovery(db, identityId, now);
  if (identity.state !== 'active') {
    return { identityId, shortfall: 'The identity is inactive: its sessions have ended, and no mail was sent.' };
  }
  const [address] = await emailAddressesOf(db, identityId);
  if (address === undefined) {
    return {
      identityId,
      shortfall: 'There is no e-mail address to write to. Sessions have ended; the password is out of use.',
    };
  }
  const { methods, flows } = config.selfservice;
  const method = methods[flows.recovery.use].enabled ? flows.recovery.use : methods.code.enabled ? 'code' : 'link';
  const lifeMs = batch.life_ms ?? methods[method].lifespanMs;
  const ends = new Date(now.getTime() + lifeMs);
  const flow = await insertRecoveryFlow(db, {
    id: randomUUID(),
    type: 'browser',
    origin: 'admin',
    method,
    state: 'sent_email',
    identity_id: identityId,
    deliver: true,
    issue: 1,
    request_url: new URL('admin/batches', config.serve.admin.baseUrl).href,
    return_to: null,
    issued_at: now,
    code_lifespan_ms: lifeMs,
    code_expires_at: ends,
    expires_at: ends,
  });
  return { identityId, flowId: flow.id };
}
