import { flowPage, recoveryTokenLink } from '../../platform/links.js';
import { issueOf } from '../../activities/store/challenge-flows.js';
import { statusAt } from '../../activities/store/invites.js';
import type { Invite } from '../../activities/store/invites.js';
import { getRecoveryFlow } from '../../activities/store/recovery-flows.js';
import type { JsonObject } from '../../schemas/json.js';
import { formatGoDuration } from '../../workflows/domain/duration.js';
import { isOpen } from '../../workflows/domain/invite-lifecycle.js';
import type { ApiContext } from '../context.js';

/** An invite as administrators see it. Its code is not part of it. */
export function inviteView(invite: Invite, now: Date): JsonObject {
  const status = statusAt(invite, now);
  // Over, and not noticed by a worker yet.
  const unnoticed = status === invite.status ? [] : [{ status, at: invite.expires_at.toISOString() }];
  const steps = [
    ...invite.steps.map(({ status, at, by }) => ({ status, at, ...(by !== undefined && { by }) })),
    ...unnoticed,
  ];
  return {
    id: invite.id,
    identity_id: invite.identity_id,
    status,
    status_changed_at: steps.at(-1)?.at ?? invite.created_at.toISOString(),
    expires_at: invite.expires_at.toISOString(),
    address: invite.address,
    delivery: invite.delivery,
    method: invite.method,
    flow_type: invite.flow_type,
    flow_id: invite.flow_id,
    return_to: invite.return_to,
    locale: invite.locale,
    metadata_public: invite.metadata_public,
    reminders: invite.reminders_ms.map((ms) => formatGoDuration(ms)),
    created_by: invite.created_by,
    created_at: invite.created_at.toISOString(),
    updated_at: invite.updated_at.toISOString(),
    steps,
  };
}

/** The same with the code, where the caller is to bring it to the invitee. */
export async function inviteViewWithCode(ctx: ApiContext, invite: Invite): Promise<JsonObject> {
  const view = inviteView(invite, new Date(ctx.now()));
  if (invite.delivery !== 'none' || !isOpen(invite.status)) return view;
  const flow = await getRecoveryFlow(ctx.pool, invite.flow_id);
  if (!flow || flow.outcome !== null || flow.state !== 'sent_email') return view;
  const { config, keys } = ctx;
  if (flow.method === 'link') {
    return { ...view, recovery_link: recoveryTokenLink(config, flow.id, keys.recovery.linkToken(issueOf(flow))) };
  }
  return {
    ...view,
    recovery_link: flowPage(config.invites.uiUrl, flow.id),
    recovery_code: keys.recovery.code(issueOf(flow)),
  };
}
