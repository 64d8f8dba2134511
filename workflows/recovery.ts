import {
  CancellationScope,
  getExternalWorkflowHandle,
  log,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { Challenge } from './challenge.js';
import { ChallengeStory } from './challenge-story.js';
import { deliverHooks } from './deliver-hooks.js';
import type { RecoveryOutcome } from './domain/recovery-lifecycle.js';
import { cancelSignal, credentialSetSignal, recoveryWorkflowId, SEARCH_ATTRIBUTES } from './messages.js';
import type { OpenedSession, RecoveryInput, Submission, Verdict } from './messages.js';
import type { FlowSteps, MailJobs } from './ports.js';
import { mailQueueOf } from './queues.js';
import { FLOW_STEP, NOTICE_MAIL } from './timeouts.js';

const steps = proxyLocalActivities<FlowSteps>(FLOW_STEP);

const ENDINGS: Record<RecoveryOutcome, string> = {
  recovered: 'The person has set a new credential. **Recovered.**',
  lapsed: 'The right code was entered, but no new credential was set in time. **Lapsed.**',
  expired: 'No right code came in time. **Expired.**',
  cancelled: 'Ended by an operator, an administrator or a later recovery of the same person. **Cancelled.**',
  exhausted: 'Too many wrong codes. **Exhausted.**',
};

/**
 * One recovery, from the first code to its outcome: a challenge, and then the wait for a new credential. Completes with
 * the outcome; fails only by a fault of ours.
 */
export async function recovery(input: RecoveryInput): Promise<RecoveryOutcome> {
  return new Recovery(input).run();
}

class Recovery {
  private readonly story = new ChallengeStory();
  private readonly challenge: Challenge<OpenedSession, RecoveryOutcome>;
  private credentialSet = false;

  constructor(private readonly input: RecoveryInput) {
    const { flowId } = input;
    this.challenge = new Challenge(input, this.story, {
      judge: (submission) => this.judge(submission),
      end: (event) => steps.endFlow({ flowId, from: 'sent_email', event }),
      mail: (jobs, issue) => jobs.sendRecovery({ flowId, issue }),
    });
    setHandler(credentialSetSignal, () => void (this.credentialSet = true), {
      description: 'Sent by the API when the person has set a new credential.',
    });
  }

  async run(): Promise<RecoveryOutcome> {
    const { challenge } = this;
    await challenge.run({ mailsFirst: this.input.mails });
    if (challenge.ended === null) await this.awaitCredential();
    // Set by one of the two phases; the fallback only tells the compiler.
    const outcome: RecoveryOutcome = challenge.ended ?? 'expired';
    await CancellationScope.nonCancellable(async () => {
      if (outcome === 'lapsed') await this.notify();
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.outcome, value: outcome }]);
      if (this.input.hooks && challenge.passed) await deliverHooks({ kind: 'recovery', id: this.input.flowId });
      await challenge.settled();
    });
    this.story.add(ENDINGS[outcome]);
    return outcome;
  }

  private async judge(submission: Submission): Promise<Verdict> {
    const { verdict, superseded } = await steps.judgeSubmission({ flowId: this.input.flowId, submission });
    if (verdict.kind === 'passed') {
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.state, value: 'passed_challenge' }]);
      for (const flowId of superseded) this.challenge.doBeside(cancelOther(flowId));
    }
    return verdict;
  }

  /** Until a new credential, the end of the privileged session or a cancellation. */
  private async awaitCredential(): Promise<void> {
    const { challenge } = this;
    const { flowId } = this.input;
    const privilege = challenge.timer(this.input.privilegedMs, 'The privileged session ends');
    while (challenge.ended === null) {
      await challenge.until(() => this.credentialSet || challenge.cancelAsked || privilege.over);
      if (this.credentialSet) {
        // The row decides: a stray signal finds it open, and the wait goes on.
        this.credentialSet = false;
        challenge.ended = await CancellationScope.nonCancellable(() => this.notify());
      } else {
        const event = challenge.endEvent();
        challenge.ended = await CancellationScope.nonCancellable(() =>
          steps.endFlow({ flowId, from: 'passed_challenge', event }),
        );
        // Closed by the API as recovered, and its signal was lost: the notice is still owed.
        if (challenge.ended === 'recovered') await CancellationScope.nonCancellable(() => this.notify());
      }
    }
  }

  private async notify(): Promise<RecoveryOutcome | null> {
    const { sendRecoveryNotice } = proxyActivities<MailJobs>({
      ...NOTICE_MAIL,
      taskQueue: mailQueueOf(workflowInfo().taskQueue),
    });
    const { flowId } = this.input;
    return await sendRecoveryNotice({ flowId }).catch(async () => {
      // Days without a mail server, or no address takes mail. The recovery itself is done and stays done.
      log.error('the notice of a recovery could not be mailed');
      await steps.giveUpMessages({ flowId });
      return steps.endFlow({ flowId, from: 'passed_challenge', event: 'deadline_passed' });
    });
  }
}

async function cancelOther(flowId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(recoveryWorkflowId(flowId)).signal(cancelSignal);
  } catch {
    log.info('a superseded recovery had completed already');
  }
}
