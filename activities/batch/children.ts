import type { BatchChild, RowRange } from '../../workflows/batch-ports.js';
import type { ActivityDeps } from '../flow-steps.js';
import type { Batch } from '../store/batches.js';
import { inviteInput } from '../store/invite-input.js';
import { openFlowsOfBatch, openInvitesOfBatch } from '../store/batch-rows.js';

/** The workflows that the done rows of a range call for: those of their recoveries and invites that are still open. */
export async function childrenOf(
  deps: ActivityDeps,
  { id: batchId, kind }: Pick<Batch, 'id' | 'kind'>,
  range: RowRange,
): Promise<BatchChild[]> {
  const { selfservice, limits } = deps.config;
  if (kind === 'invite') {
    const invites = await openInvitesOfBatch(deps.pool, batchId, range);
    return invites.map((invite) => ({
      type: 'invite',
      identityId: invite.identity_id,
      method: invite.method,
      expiresAt: invite.expires_at.getTime(),
      input: { ...inviteInput(deps.config, { ...invite, delivery: 'email' }), bulk: true },
    }));
  }
  const flows = await openFlowsOfBatch(deps.pool, batchId, range);
  return flows.map((flow) => ({
    type: 'recovery',
    identityId: flow.identity_id,
    input: {
      flowId: flow.id,
      method: flow.method,
      mails: true,
      bulk: true,
      expiresAt: flow.expires_at.getTime(),
      privilegedMs: selfservice.flows.settings.privilegedSessionMaxAgeMs,
      maxIssues: limits.issuesPerFlow,
    },
  }));
}
