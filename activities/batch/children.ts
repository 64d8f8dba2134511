import type { BatchChild, RowRange } from '../../workflows/batch-ports.js';
import type { ActivityDeps } from '../flow-steps.js';
import { openFlowsOfBatch } from '../store/batch-rows.js';

/** The workflows that the done rows of a range call for: those of their recoveries that are still open. */
export async function childrenOf(deps: ActivityDeps, batchId: string, range: RowRange): Promise<BatchChild[]> {
  const { selfservice, limits } = deps.config;
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
