import { findRecoveryAddress } from '../../../activities/store/recovery-addresses.js';
import { getRecoveryFlow, moveTo, phaseOf, saveRecoveryFlow } from '../../../activities/store/recovery-flows.js';
import type { RecoveryFlow } from '../../../activities/store/recovery-flows.js';
import { normalizeAddress } from '../../../platform/addresses.js';
import { inTransaction } from '../../../platform/postgres.js';
import { advance } from '../../../workflows/domain/recovery-lifecycle.js';
import type { ApiContext } from '../../context.js';
import { answerFlow } from './answers.js';
import { ensureStarted } from './start-workflow.js';
import type { RecoveryCall } from './submit.js';

/**
 * Takes an address: the row takes it, then the workflow starts (or issues another code). An address that nobody has
 * goes the same way, costs the same and is answered in the same words; its mail has no recipient.
 */
export async function giveAddress(call: RecoveryCall, typed: string): Promise<unknown> {
  const { ctx, flow } = call;
  const address = normalizeAddress('email', typed);
  if (address === undefined) {
    return answerFlow(call, 400, [{ message: 'not_an_address', field: 'email' }]);
  }
  const taken = await takeAddress(ctx, flow.id, address);
  if (!taken) return answerFlow(call, 400);
  const started = await ensureStarted(ctx, taken);
  if (!started) await ctx.workflows.resend(taken.id);
  return answerFlow(call, 200);
}

async function takeAddress(ctx: ApiContext, flowId: string, address: string): Promise<RecoveryFlow | undefined> {
  return inTransaction(ctx.pool, async (client) => {
    const flow = await getRecoveryFlow(client, flowId, { lock: true });
    const next = flow && advance(phaseOf(flow), 'address_given');
    if (!next) return undefined;
    const now = new Date(ctx.now());
    const stored = await findRecoveryAddress(client, 'email', address);
    moveTo(flow, next.to, now);
    flow.address = address;
    flow.identity_id = stored?.identity_id ?? null;
    flow.messages = [{ message: flow.method === 'link' ? 'recovery_link_sent' : 'recovery_mail_sent' }];
    if (flow.issue === 0) {
      flow.issue = 1;
      flow.code_expires_at = new Date(now.getTime() + flow.code_lifespan_ms);
    }
    await saveRecoveryFlow(client, flow);
    return flow;
  });
}
