import { CancellationScope, proxyLocalActivities, upsertSearchAttributes } from '@temporalio/workflow';
import { Challenge } from './challenge.js';
import { ChallengeStory } from './challenge-story.js';
import type { VerificationOutcome } from './domain/verification-lifecycle.js';
import { SEARCH_ATTRIBUTES } from './messages.js';
import type { VerificationInput } from './messages.js';
import type { FlowSteps } from './ports.js';
import { FLOW_STEP } from './timeouts.js';

const steps = proxyLocalActivities<FlowSteps>(FLOW_STEP);

const ENDINGS: Record<VerificationOutcome, string> = {
  verified: 'The address belongs to the person. **Verified.**',
  expired: 'No right code came in time. **Expired.**',
  cancelled: 'Ended by an operator, or deleted with its person. **Cancelled.**',
  exhausted: 'Too many wrong codes. **Exhausted.**',
};

/**
 * One verification of an address: a challenge, and nothing after it. Completes with the outcome; fails only by a fault
 * of ours.
 */
export async function verification(input: VerificationInput): Promise<VerificationOutcome> {
  const { flowId } = input;
  const story = new ChallengeStory();
  const challenge: Challenge<object, VerificationOutcome> = new Challenge(input, story, {
    judge: (submission) => steps.judgeVerification({ flowId, submission }),
    end: (event) => steps.endVerification({ flowId, event }),
    mail: (jobs, issue) => jobs.sendVerification({ flowId, issue }),
  });
  await challenge.run({ mailsFirst: true });
  const outcome = challenge.ended ?? 'verified';
  await CancellationScope.nonCancellable(async () => {
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.outcome, value: outcome }]);
    await challenge.settled();
  });
  story.add(ENDINGS[outcome]);
  return outcome;
}
