import { randomUUID } from 'node:crypto';
import { advance } from '../workflows/domain/recovery-lifecycle.js';
import type { Submission, Verdict } from '../workflows/messages.js';
import type { ActivityDeps } from './flow-steps.js';
import { attemptSubject } from './attempt-subject.js';
import { clearFailures, countFailure, lockAttemptCounter } from './store/attempt-counters.js';
import { getIdentityState } from './store/identity-state.js';
import {
  getRecoveryFlow,
  issueOf,
  moveTo,
  phaseOf,
  saveRecoveryFlow,
  supersedeOtherFlows,
} from './store/recovery-flows.js';
import type { RecoveryFlow } from './store/recovery-flows.js';
import { getJudgement, keepJudgement } from './store/recovery-submissions.js';
import type { Judgement } from './store/recovery-submissions.js';
import { insertSession, revokeOtherSessions } from './store/sessions.js';
import { insertSettingsFlow } from './store/settings-flows.js';
import type { Queryable } from './store/statement.js';
import { markAddressVerified } from './store/verified-address.js';

/**
 * Judges one submission inside the caller's transaction. Check and act are one step: the flow's row is locked, so of
 * two right codes at once one passes and the other finds the flow used.
 *
 * Wrong ones count in the flow and for the account over all its flows. The right one, in one go, uses up the code, ends
 * other sessions if so configured, marks the address verified, ends the person's other recoveries and opens a
 * privileged session that waits to be claimed.
 */
export async function judgeSubmission(
  db: Queryable,
  deps: ActivityDeps,
  input: { flowId: string; submission: Submission },
): Promise<Judgement> {
  const seen = await getRecoveryFlow(db, input.flowId);
  if (!seen) return only({ kind: 'closed', outcome: 'cancelled' });
  const now = new Date(deps.now());
  // The counter is locked before the flow, everywhere: two right codes of one person, in two flows, cannot deadlock.
  const subject = attemptSubject(seen, deps.keys);
  const counter = await lockAttemptCounter(db, subject, now);
  const flow = await getRecoveryFlow(db, input.flowId, { lock: true });
  if (!flow) return only({ kind: 'closed', outcome: 'cancelled' });
  if (attemptSubject(flow, deps.keys) !== subject) throw new Error('the flow changed its address meanwhile; try again');

  const before = await getJudgement(db, flow.id, input.submission.id);
  if (before) return before;
  const judgement = await judge(db, deps, { flow, submission: input.submission, subject, counter, now });
  await keepJudgement(db, flow.id, input.submission.id, judgement, now);
  return judgement;
}

interface Case {
  flow: RecoveryFlow;
  submission: Submission;
  subject: string;
  counter: { failed: number; heldUntil: Date | null };
  now: Date;
}

async function judge(db: Queryable, deps: ActivityDeps, it: Case): Promise<Judgement> {
  const { flow, submission, subject, counter, now } = it;
  if (flow.state === 'passed_challenge') return only({ kind: 'used' });
  if (flow.outcome !== null) return only({ kind: 'closed', outcome: flow.outcome });
  if (now >= flow.expires_at) return only({ kind: 'expired' });
  if (counter.heldUntil) return only({ kind: 'held', untilMs: counter.heldUntil.getTime() });

  if (!isRight(deps, flow, submission, now)) {
    const limit = deps.config.limits.attemptsPerAccount;
    await countFailure(db, subject, { failedBefore: counter.failed, limit, now });
    return only(await countInFlow(db, deps, flow, now));
  }
  const identity = await getIdentityState(db, flow.identity_id);
  if (identity?.state !== 'active') return only({ kind: 'disabled' });
  await clearFailures(db, subject, now);
  return await pass(db, deps, flow, identity.id, now);
}

function only(verdict: Verdict): Judgement {
  return { verdict, superseded: [] };
}

function isRight(deps: ActivityDeps, flow: RecoveryFlow, submission: Submission, now: Date): boolean {
  const matches = deps.keys.matches(flow.method, issueOf(flow), submission.digest);
  const inForce = flow.identity_id !== null && flow.issue > 0 && flow.code_expires_at !== null && now < flow.code_expires_at;
  return matches && inForce;
}

async function countInFlow(db: Queryable, deps: ActivityDeps, flow: RecoveryFlow, now: Date): Promise<Verdict> {
  flow.attempts += 1;
  const usedUp = flow.attempts >= deps.config.limits.attemptsPerFlow;
  const next = advance(phaseOf(flow), usedUp ? 'attempts_used_up' : 'code_wrong');
  if (next) {
    moveTo(flow, next.to, now);
    if (next.says) flow.messages = [{ message: next.says }];
  }
  await saveRecoveryFlow(db, flow);
  return { kind: usedUp ? 'exhausted' : 'wrong' };
}

async function pass(
  db: Queryable,
  deps: ActivityDeps,
  flow: RecoveryFlow,
  identityId: string,
  now: Date,
): Promise<Judgement> {
  const { config } = deps;
  const next = advance(phaseOf(flow), 'code_right');
  if (!next) return only({ kind: 'closed', outcome: 'cancelled' });
  const sessionId = randomUUID();
  const settingsFlowId = randomUUID();

  moveTo(flow, next.to, now);
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
    request_url: flow.request_url,
    return_to: flow.return_to,
    messages: [
      { message: 'recovered_set_password', context: { privileged_until: privilegedUntil.toISOString() } },
    ],
    issued_at: now,
    expires_at: new Date(now.getTime() + config.selfservice.flows.settings.lifespanMs),
  });
  if (config.selfservice.flows.recovery.revokeActiveSessions) await revokeOtherSessions(db, identityId, sessionId);
  // Only a mailed code proves the mailbox; one that an administrator handed over proves nothing about it.
  if (flow.origin === 'self' && flow.address !== null) await markAddressVerified(db, identityId, flow.address, now);
  const superseded = await supersedeOtherFlows(db, identityId, flow.id, now);
  return { verdict: { kind: 'passed', sessionId, settingsFlowId }, superseded };
}
