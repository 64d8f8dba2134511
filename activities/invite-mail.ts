import { inTransaction } from '../platform/postgres.js';
import { isOpen } from '../workflows/domain/invite-lifecycle.js';
import type { InviteMailJobs, InviteMailResult } from '../workflows/invite-ports.js';
import { deliver, isRefusal } from './mail/deliver.js';
import type { MailDeps } from './mail/deliver.js';
import { inviteAcceptedMail, inviteMail } from './mail/invite-templates.js';
import { withQuietFailures } from './quiet-failures.js';
import { flowPage, recoveryTokenLink } from '../platform/links.js';
import { issueOf } from './store/challenge-flows.js';
import { getInvite, saveInvite, stepInvite } from './store/invites.js';
import type { Invite } from './store/invites.js';
import { emailAddressesOf } from './store/recovery-addresses.js';
import { getRecoveryFlow } from './store/recovery-flows.js';
import type { RecoveryFlow } from './store/recovery-flows.js';

/** The mail jobs of invites: regular activities, on the mail task queue. */
export function createInviteMailJobs(deps: MailDeps): InviteMailJobs {
  return withQuietFailures<InviteMailJobs>({
    async sendInvite({ inviteId, mail }) {
      const invite = await getInvite(deps.pool, inviteId);
      if (!invite || !isOpen(invite.status) || invite.mails !== mail) return 'skipped';
      const flow = await getRecoveryFlow(deps.pool, invite.flow_id);
      if (!flow || flow.outcome !== null || flow.state !== 'sent_email') return 'skipped';
      const result = await mailInvite(deps, invite, flow);
      await noteResult(deps, inviteId, result);
      return result;
    },

    async sendInviteNotice({ inviteId }) {
      const invite = await getInvite(deps.pool, inviteId);
      const flow = invite && (await getRecoveryFlow(deps.pool, invite.flow_id));
      // Accepted by way of a recovery, which sends a notice of its own.
      if (!invite || flow?.outcome !== 'recovered') return 'skipped';
      const { config } = deps;
      const recoveryUrl = new URL('self-service/recovery/browser', config.serve.public.baseUrl).href;
      const recipients = await emailAddressesOf(deps.pool, invite.identity_id);
      for (const recipient of recipients) {
        await deliver(deps, {
          flowId: flow.id,
          identityId: invite.identity_id,
          template: 'invite_notice',
          issue: 1,
          recipient,
          locale: invite.locale,
          render: () =>
            inviteAcceptedMail({
              service: config.courier.smtp.fromName,
              at: flow.closed_at ?? invite.updated_at,
              recoveryUrl,
            }),
        });
      }
      return recipients.length > 0 ? 'sent' : 'skipped';
    },
  });
}

async function mailInvite(deps: MailDeps, invite: Invite, flow: RecoveryFlow): Promise<InviteMailResult> {
  const { config, keys } = deps;
  const addresses = await emailAddressesOf(deps.pool, invite.identity_id);
  // Taken from the person since: whoever has it now is a stranger.
  if (invite.address === null || !addresses.includes(invite.address)) return 'refused';
  const reminder = invite.mail_kind === 'reminder';
  const secret: { link: string; code?: string } =
    flow.method === 'code'
      ? { code: keys.recovery.code(issueOf(flow)), link: flowPage(config.invites.uiUrl, flow.id) }
      : { link: recoveryTokenLink(config, flow.id, keys.recovery.linkToken(issueOf(flow))) };
  try {
    const result = await deliver(deps, {
      flowId: flow.id,
      identityId: invite.identity_id,
      template: reminder ? 'invite_reminder' : 'invite',
      issue: invite.mails,
      recipient: invite.address,
      locale: invite.locale,
      render: () =>
        inviteMail({
          ...secret,
          service: config.courier.smtp.fromName,
          reminder,
          lifeMs: Math.max(flow.expires_at.getTime() - deps.now(), 1_000),
          expiresAt: flow.expires_at,
        }),
      values: {
        Service: config.courier.smtp.fromName,
        InviteURL: secret.link,
        ...(secret.code !== undefined && { InviteCode: secret.code }),
        ExpiresAt: flow.expires_at.toISOString(),
        Metadata: invite.metadata_public ?? {},
      },
    });
    return result === 'sent' ? 'sent' : 'refused';
  } catch (error) {
    if (isRefusal(error)) return 'refused';
    throw error;
  }
}

/** Notes in the invite how its mail went, unless it has moved on. */
async function noteResult(deps: MailDeps, inviteId: string, result: InviteMailResult): Promise<void> {
  await inTransaction(deps.pool, async (client) => {
    const invite = await getInvite(client, inviteId, { lock: true });
    const event = result === 'refused' ? 'mail_refused' : 'mail_taken';
    if (invite && stepInvite(invite, event, new Date(deps.now()))) await saveInvite(client, invite);
  });
}
