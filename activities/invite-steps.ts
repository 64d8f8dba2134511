import { inTransaction } from '../platform/postgres.js';
import { isOpen } from '../workflows/domain/invite-lifecycle.js';
import type { InviteRequest, InviteStanding, InviteSteps } from '../workflows/invite-ports.js';
import { closeInvite, renewInvite, replaceCode } from './store/change-invite.js';
import { endFlow } from './end-flow.js';
import type { ActivityDeps } from './flow-steps.js';
import { lockInvite } from './store/lock-invite.js';
import { withQuietFailures } from './quiet-failures.js';
import { recoveryChallenge } from './recovery-challenge.js';
import { saveInvite } from './store/invites.js';
import type { Invite } from './store/invites.js';
import { getRecoveryFlow } from './store/recovery-flows.js';
import type { Queryable } from './store/statement.js';

/** The Postgres steps of invites, one transaction each. */
export function createInviteSteps(deps: ActivityDeps): InviteSteps {
  return withQuietFailures<InviteSteps>({
    stepInvite: ({ inviteId, asked }) =>
      inTransaction(deps.pool, async (client) => {
        const invite = await lockInvite(client, deps, inviteId);
        // Deleted with its identity.
        if (!invite) return GONE;
        await doAsked(client, deps, invite, asked);
        return standingOf(client, deps, invite);
      }),
  });
}

const GONE: InviteStanding = {
  outcome: 'revoked',
  flowId: '',
  mail: 0,
  mailKind: 'invite',
  expiresAt: 0,
  privilegedUntil: null,
};

async function doAsked(db: Queryable, deps: ActivityDeps, invite: Invite, asked: InviteRequest): Promise<void> {
  switch (asked.kind) {
    case 'look':
      return;
    case 'expire':
      if (invite.expires_at.getTime() <= asked.deadline) await closeInvite(db, deps, invite, 'deadline_passed');
      return;
    case 'revoke':
      await closeInvite(db, deps, invite, 'revoke_asked', 'operator');
      return;
    case 'resend':
      if (invite.flow_id !== asked.flowId) return;
      // Nobody else can bring the code to the invitee when an operator asks for it.
      await renewInvite(db, deps, invite, {
        lifespanMs: invite.lifespan_ms,
        by: 'operator',
        mails: invite.address !== null,
      });
      return;
    case 'remind':
      if (invite.mails === asked.mail) await remind(db, deps, invite);
      return;
    case 'lapse':
      await endFlow(db, deps, recoveryChallenge, {
        flowId: asked.flowId,
        from: 'passed_challenge',
        event: 'deadline_passed',
      });
      return;
  }
}

async function remind(db: Queryable, deps: ActivityDeps, invite: Invite): Promise<void> {
  if (!isOpen(invite.status) || invite.delivery !== 'email') return;
  const flow = await getRecoveryFlow(db, invite.flow_id);
  // The invitee is in at this moment.
  if (flow?.outcome === null && flow.state === 'passed_challenge') return;
  Object.assign(invite, { mails: invite.mails + 1, mail_kind: 'reminder' });
  if (flow?.outcome === null) await saveInvite(db, invite);
  // Used without setting a credential, used up by wrong tries, or replaced by a recovery: it takes a new code.
  else await replaceCode(db, deps, invite);
}

async function standingOf(db: Queryable, deps: ActivityDeps, invite: Invite): Promise<InviteStanding> {
  const flow = await getRecoveryFlow(db, invite.flow_id);
  const isIn = flow?.outcome === null && flow.state === 'passed_challenge' && flow.passed_at !== null;
  const privilegedMs = deps.config.selfservice.flows.settings.privilegedSessionMaxAgeMs;
  return {
    outcome: isOpen(invite.status) ? null : invite.status,
    flowId: invite.flow_id,
    mail: invite.mails,
    mailKind: invite.mail_kind,
    expiresAt: invite.expires_at.getTime(),
    privilegedUntil: isIn && flow.passed_at ? flow.passed_at.getTime() + privilegedMs : null,
  };
}
