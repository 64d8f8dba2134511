import { randomUUID } from 'node:crypto';
import type { RecoveryOutcome } from '../workflows/domain/recovery-lifecycle.js';
import type { OpenedSession } from '../workflows/messages.js';
import { letInviteeIn } from './accept-invite.js';
import { only } from './challenge.js';
import type { Challenge, Judgement } from './challenge.js';
import type { ActivityDeps } from './flow-steps.js';
import { getIdentityState } from './store/identity-state.js';
import { judgementsIn } from './store/judgements.js';
import { emailAddressesOf } from './store/recovery-addresses.js';
import { recoveryStore, saveRecoveryFlow, supersedeOtherFlows } from './store/recovery-flows.js';
import type { RecoveryFlow } from './store/recovery-flows.js';
import { recoveryActionUrl } from '../platform/links.js';
import { insertSession, revokeOtherSessions, revokeSession } from './store/sessions.js';
import { insertSettingsFlow } from './store/settings-flows.js';
import type { Queryable } from './store/statement.js';
import { markAddressVerified } from './store/verifiable-addresses.js';

/** Recoveries. A cancelled one takes its session with it. */
export const recoveryChallenge: Challenge<RecoveryFlow, OpenedSession, RecoveryOutcome> = {
  name: 'recovery',
  store: recoveryStore,
  judgements: judgementsIn('recovery_submissions'),
  hasPassed: (flow) => flow.state === 'passed_challenge',
  pass,
  async ended(db, flow) {
    if (flow.outcome === 'cancelled' && flow.session_id !== null) await revokeSession(db, flow.session_id);
  },
};

/**
 * Ends other sessions if so configured, marks the address verified, ends the person's other recoveries and opens a
 * privileged session that waits to be claimed.
 */
async function pass(
  db: Queryable,
  deps: ActivityDeps,
  flow: RecoveryFlow,
  identityId: string,
  now: Date,
): Promise<Judgement<OpenedSession, RecoveryOutcome>> {
  const { config } = deps;
  const identity = await getIdentityState(db, identityId);
  if (identity?.state !== 'active') return only({ kind: 'disabled' });
  if (flow.invite_id !== null && !(await isStillTheirs(db, flow, identityId))) {
    return only({ kind: 'closed', outcome: 'cancelled' });
  }
  if (!recoveryStore.step(flow, 'code_right', now)) return only({ kind: 'closed', outcome: 'cancelled' });
  const sessionId = randomUUID();
  const settingsFlowId = randomUUID();

  Object.assign(flow, { session_id: sessionId, settings_flow_id: settingsFlowId, passed_at: now, messages: [] });
  await saveRecoveryFlow(db, flow);
  await insertSession(db, {
    id: sessionId,
    identityId,
    tokenDigest: null,
    method: flow.method === 'code' ? 'code_recovery' : 'link_recovery',
    device: null,
    recoveryFlowId: flow.id,
    issuedAt: now,
    expiresAt: new Date(now.getTime() + config.session.lifespanMs),
  });
  const privilegedUntil = new Date(now.getTime() + config.selfservice.flows.settings.privilegedSessionMaxAgeMs);
  await insertSettingsFlow(db, {
    id: settingsFlowId,
    type: flow.type,
    identity_id: identityId,
    state: 'show_form',
    request_url: recoveryActionUrl(config, flow.id),
    return_to: flow.return_to ?? config.selfservice.flows.recovery.afterReturnUrl,
    messages: [
      {
        message: flow.invite_id === null ? 'recovered_set_password' : 'invite_set_password',
        context: privilegedContext(privilegedUntil),
      },
    ],
    issued_at: now,
    expires_at: new Date(now.getTime() + config.selfservice.flows.settings.lifespanMs),
  });
  if (config.selfservice.flows.recovery.revokeActiveSessions) await revokeOtherSessions(db, identityId, sessionId);
  await letInviteeIn(db, config, { flow, identityId, sessionId, now });
  // Only a mailed code proves the mailbox; one that an administrator handed over proves nothing about it.
  if (flow.origin === 'self' && flow.address !== null) await markAddressVerified(db, identityId, flow.address, now);
  const superseded = await supersedeOtherFlows(db, identityId, flow.id, now);
  return { verdict: { kind: 'passed', sessionId, settingsFlowId }, superseded };
}

/** Kratos' names, the older one included. */
function privilegedContext(until: Date): Record<string, string | number> {
  return {
    privilegedSessionExpiresAt: until.toISOString(),
    privileged_session_expires_at: until.toISOString(),
    privileged_session_expires_at_unix: Math.floor(until.getTime() / 1_000),
  };
}

/** False when the address of an invite was taken from the person since: whoever has it now is a stranger. */
async function isStillTheirs(db: Queryable, flow: RecoveryFlow, identityId: string): Promise<boolean> {
  return flow.address === null || (await emailAddressesOf(db, identityId)).includes(flow.address);
}
