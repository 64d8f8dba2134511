import type { VerificationFlow } from '../../../activities/store/verification-flows.js';
import type { ApiContext } from '../../context.js';

/** Starts the flow's workflow, which takes ids only; true when this call started it, false when it ran already. */
export async function ensureStarted(ctx: ApiContext, flow: VerificationFlow): Promise<boolean> {
  const { id: flowId, method } = flow;
  const { issuesPerFlow: maxIssues } = ctx.config.limits;
  const input = { flowId, method, expiresAt: flow.expires_at.getTime(), maxIssues };
  return ctx.workflows.startVerification(input, flow.identity_id);
}
