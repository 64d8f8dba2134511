import { getInvite } from '../../../activities/store/invites.js';
import type { RecoveryFlow } from '../../../activities/store/recovery-flows.js';
import type { ApiContext } from '../../context.js';
import { startInvite } from '../../invite-workflow.js';

/**
 * Starts the flow's workflow, which takes ids only; true when this call started it, false when it ran already. The row
 * is written before, so a process that dies in between loses nothing: the next request of the same flow starts it.
 */
export async function ensureStarted(ctx: ApiContext, flow: RecoveryFlow): Promise<boolean> {
  const { config } = ctx;
  if (flow.invite_id !== null) {
    const invite = await getInvite(ctx.pool, flow.invite_id);
    return invite !== undefined && startInvite(ctx, invite);
  }
  return ctx.workflows.start(
    {
      flowId: flow.id,
      method: flow.method,
      mails: flow.origin === 'self' || flow.deliver,
      expiresAt: flow.expires_at.getTime(),
      privilegedMs: config.selfservice.flows.settings.privilegedSessionMaxAgeMs,
      maxIssues: config.limits.issuesPerFlow,
      ...(config.selfservice.flows.recovery.webHooks.length > 0 && { hooks: true }),
    },
    { origin: flow.origin, identityId: flow.identity_id },
  );
}
