import { findRecoveryAddress } from '../../../activities/store/recovery-addresses.js';
import { takeAddress } from '../../../activities/store/challenge-flows.js';
import { recoveryStore } from '../../../activities/store/recovery-flows.js';
import type { RecoveryFlow } from '../../../activities/store/recovery-flows.js';
import { viaOf } from '../../../platform/addresses.js';
import { inTransaction } from '../../../platform/postgres.js';
import type { ApiContext } from '../../context.js';
import { typedAddress } from '../../typed-address.js';
import { answerFlow } from './answers.js';
import { ensureStarted } from './start-workflow.js';
import type { RecoveryCall } from './submit.js';

/**
 * Takes an address: the row takes it, then the workflow starts (or issues another code). An address that nobody has
 * goes the same way, costs the same and is answered in the same words; its mail has no recipient.
 */
export async function giveAddress(call: RecoveryCall, typed: string): Promise<unknown> {
  const { ctx, flow } = call;
  const address = typedAddress(ctx, 'recovery', typed);
  if (address === undefined) {
    return answerFlow(call, 400, [{ message: 'not_an_address', context: { value: typed }, field: 'email' }]);
  }
  const taken = await take(ctx, flow.id, address);
  if (!taken) return answerFlow(call, 400);
  const started = await ensureStarted(ctx, taken);
  if (!started) await ctx.workflows.resend(taken.id);
  return answerFlow(call, 200);
}

async function take(ctx: ApiContext, flowId: string, address: string): Promise<RecoveryFlow | undefined> {
  return inTransaction(ctx.pool, async (client) => {
    const stored = await findRecoveryAddress(client, viaOf(address), address);
    return takeAddress(client, recoveryStore, {
      flowId,
      address,
      ownerId: stored?.identity_id ?? null,
      says: ({ method }) => ({ message: method === 'link' ? 'recovery_link_sent' : 'recovery_mail_sent' }),
      now: new Date(ctx.now()),
    });
  });
}
