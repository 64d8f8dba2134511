import { takeAddress } from '../../../activities/store/challenge-flows.js';
import { findVerifiableAddress } from '../../../activities/store/verifiable-addresses.js';
import { verificationStore } from '../../../activities/store/verification-flows.js';
import { viaOf } from '../../../platform/addresses.js';
import { inTransaction } from '../../../platform/postgres.js';
import { typedAddress } from '../../typed-address.js';
import { answerFlow } from './answers.js';
import type { VerificationCall } from './answers.js';
import { ensureStarted } from './start-workflow.js';

/**
 * Takes an address: the row takes it, then the workflow starts (or issues another code). An address that nobody has
 * goes the same way, costs the same and is answered in the same words; its mail has no recipient.
 */
export async function giveAddress(call: VerificationCall, typed: string): Promise<unknown> {
  const { ctx, flow } = call;
  const address = typedAddress(ctx, 'verification', typed);
  if (address === undefined) return answerFlow(call, 400, [{ message: 'not_an_address', field: 'email' }]);
  const taken = await inTransaction(ctx.pool, async (client) => {
    const stored = await findVerifiableAddress(client, viaOf(address), address);
    return takeAddress(client, verificationStore, {
      flowId: flow.id,
      address,
      ownerId: stored?.identity_id ?? null,
      says: ({ method }) => ({ message: method === 'link' ? 'verification_link_sent' : 'verification_mail_sent' }),
      now: new Date(ctx.now()),
    });
  });
  if (!taken) return answerFlow(call, 400);
  const started = await ensureStarted(ctx, taken);
  if (!started) await ctx.workflows.resendVerification(taken.id);
  return answerFlow(call, 200);
}
