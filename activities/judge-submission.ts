import type { ChallengeFailure } from '../workflows/domain/challenge-lifecycle.js';
import type { ChallengeVerdict, Submission } from '../workflows/messages.js';
import { attemptSubject } from './attempt-subject.js';
import { only } from './challenge.js';
import type { Challenge, Judgement } from './challenge.js';
import type { ActivityDeps } from './flow-steps.js';
import { clearFailures, countFailure, lockAttemptCounter } from './store/attempt-counters.js';
import { countAttempt, issueOf } from './store/challenge-flows.js';
import type { ChallengeFlow } from './store/challenge-flows.js';
import type { Queryable } from './store/statement.js';

/**
 * Judges one submission inside the caller's transaction. Check and act are one step: the flow's row is locked, so of
 * two right codes at once one passes and the other finds the flow used.
 *
 * Wrong ones count in the flow and for the account over all its flows. The right one uses up the code and, in one go,
 * does what `challenge.pass` says.
 */
export async function judgeSubmission<Flow extends ChallengeFlow, Passed, Outcome extends string>(
  db: Queryable,
  deps: ActivityDeps,
  challenge: Challenge<Flow, Passed, Outcome | ChallengeFailure>,
  input: { flowId: string; submission: Submission },
): Promise<Judgement<Passed, Outcome | ChallengeFailure>> {
  const { store, judgements, name } = challenge;
  const seen = await store.get(db, input.flowId);
  if (!seen) return only({ kind: 'closed', outcome: 'cancelled' });
  const now = new Date(deps.now());
  // The counter is locked before the flow, everywhere: two right codes of one person, in two flows, cannot deadlock.
  const subject = attemptSubject(seen, deps.keys, name);
  const counter = await lockAttemptCounter(db, subject, now);
  const flow = await store.get(db, input.flowId, { lock: true });
  if (!flow) return only({ kind: 'closed', outcome: 'cancelled' });
  if (attemptSubject(flow, deps.keys, name) !== subject) {
    throw new Error('the flow changed its address meanwhile; try again');
  }

  const before = await judgements.get(db, flow.id, input.submission.id);
  if (before) return before;
  const judgement = await judge(db, deps, challenge, { flow, submission: input.submission, subject, counter, now });
  await judgements.keep(db, flow.id, input.submission.id, judgement, now);
  return judgement;
}

interface Case<Flow> {
  flow: Flow;
  submission: Submission;
  subject: string;
  counter: { failed: number; heldUntil: Date | null };
  now: Date;
}

async function judge<Flow extends ChallengeFlow, Passed, Outcome extends string>(
  db: Queryable,
  deps: ActivityDeps,
  challenge: Challenge<Flow, Passed, Outcome>,
  { flow, submission, subject, counter, now }: Case<Flow>,
): Promise<Judgement<Passed, Outcome>> {
  if (challenge.hasPassed(flow)) return only({ kind: 'used' });
  if (flow.outcome !== null) return only({ kind: 'closed', outcome: flow.outcome as Outcome });
  if (now >= flow.expires_at) return only({ kind: 'expired' });
  if (counter.heldUntil) return only({ kind: 'held', untilMs: counter.heldUntil.getTime() });

  if (!isRight(deps, challenge.name, flow, submission, now) || flow.identity_id === null) {
    const limit = deps.config.limits.attemptsPerAccount;
    await countFailure(db, subject, { failedBefore: counter.failed, limit, now });
    const last = countAttempt(challenge.store, flow, deps.config.limits, now);
    await challenge.store.save(db, flow);
    return only<Passed, Outcome>({ kind: last ? 'exhausted' : 'wrong' } satisfies ChallengeVerdict<Passed, Outcome>);
  }
  const judgement = await challenge.pass(db, deps, flow, flow.identity_id, now);
  if (judgement.verdict.kind === 'passed') await clearFailures(db, subject, now);
  return judgement;
}

function isRight(
  deps: ActivityDeps,
  name: 'recovery' | 'verification',
  flow: ChallengeFlow,
  submission: Submission,
  now: Date,
): boolean {
  const matches = deps.keys[name].matches(flow.method, issueOf(flow), submission.digest);
  const inForce =
    flow.identity_id !== null && flow.issue > 0 && flow.code_expires_at !== null && now < flow.code_expires_at;
  return matches && inForce;
}
