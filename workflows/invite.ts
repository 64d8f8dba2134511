import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineUpdate,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  proxyLocalActivities,
  setHandler,
  setWorkflowOptions,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { assertSubmission } from './challenge.js';
import { reminderTimes } from './domain/invite-lifecycle.js';
import type { InviteOutcome } from './domain/invite-lifecycle.js';
import { InviteMails } from './invite-mails.js';
import type { InviteRequest, InviteStanding, InviteSteps } from './invite-ports.js';
import { InviteStory } from './invite-story.js';
import {
  cancelSignal,
  changedSignal,
  recoveryWorkflowId,
  resendSignal,
  revokeSignal,
  SEARCH_ATTRIBUTES,
  submitSignal,
  submitUpdate,
} from './messages.js';
import type { InviteInput, Submission, Verdict } from './messages.js';
import { OneTimer } from './one-timer.js';
import type { FlowSteps } from './ports.js';
import { FLOW_STEP } from './timeouts.js';

const steps = proxyLocalActivities<InviteSteps & Pick<FlowSteps, 'judgeSubmission'>>(FLOW_STEP);

/**
 * One invite, from its first mail to the new credential or another end. Postgres holds the truth; this keeps its clock,
 * sends its mails and takes the codes of its recovery flows, one after the other. Completes with the outcome; fails only
 * by a fault of ours.
 */
export async function invite(input: InviteInput): Promise<InviteOutcome> {
  return new Invite(input).run();
}

// Invites live for months, so they move on to new versions of this code. Temporal takes that of versioned workers only.
setWorkflowOptions(
  () => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'AUTO_UPGRADE' } : {}),
  invite,
);

class Invite {
  private readonly story = new InviteStory();
  private readonly mails: InviteMails;
  private readonly timer = new OneTimer({
    expire: 'The invite expires',
    remind: 'The invitee is reminded',
    lapse: 'The privileged session ends',
  });
  private standing: InviteStanding | null = null;
  /** Reminders that were due up to this time are done with. */
  private remindedUntil = Date.now();
  /** The end that was told to those who want to know. */
  private told: InviteOutcome | null = null;
  private changed = false;
  private resendAsked = false;
  private revokeAsked = false;
  private finished = false;

  constructor(private readonly input: InviteInput) {
    this.mails = new InviteMails(input, this.story);
    const submit = defineUpdate<Verdict, [Submission]>(submitUpdate.name);
    setHandler(submit, (submission) => this.submit(submission), {
      validator: (submission) => {
        assertSubmission(submission);
        if (this.finished) throw ApplicationFailure.nonRetryable('This invite has ended.', 'gone');
      },
      description: 'Submit the keyed digest of a code; answers with the verdict.',
    });
    setHandler(submitSignal, (submission) => this.submitUnheard(submission), {
      description: 'The same as the update, for scripts that do not wait for the verdict.',
    });
    setHandler(resendSignal, () => void (this.resendAsked = true), {
      description: 'Mail a new code with a new deadline; older ones stop working.',
    });
    setHandler(revokeSignal, () => void (this.revokeAsked = true), { description: 'End this invite now.' });
    setHandler(changedSignal, () => void (this.changed = true), {
      description: 'Sent by the API when it has changed the invite.',
    });
  }

  async run(): Promise<InviteOutcome> {
    let asked: InviteRequest = { kind: 'look' };
    for (;;) {
      const standing = await this.step(asked);
      if (standing.outcome === null) {
        this.told = null;
        this.mails.sendIfDue(standing);
        this.setTimer(standing);
        await this.wait();
      } else {
        await this.finish(standing.outcome);
        // Somebody may have renewed it meanwhile.
        if (!this.isCalled()) return this.close(standing.outcome);
      }
      asked = this.nextRequest(standing);
    }
  }

  private async step(asked: InviteRequest): Promise<InviteStanding> {
    const { inviteId } = this.input;
    const before = this.standing;
    const standing = await CancellationScope.nonCancellable(() => steps.stepInvite({ inviteId, asked }));
    this.standing = standing;
    // A new deadline has reminders of its own; those that lie behind at once are left out.
    if (before && standing.expiresAt !== before.expiresAt) this.remindedUntil = Date.now();
    this.story.stepped(asked, before, standing);
    if (asked.kind === 'lapse' && standing.outcome === null && standing.privilegedUntil === null) {
      this.mails.tellOfLapse(asked.flowId);
    }
    return standing;
  }

  private nextRequest(standing: InviteStanding): InviteRequest {
    if (this.revokeAsked) {
      this.revokeAsked = false;
      return { kind: 'revoke' };
    }
    if (this.resendAsked) {
      this.resendAsked = false;
      return { kind: 'resend', flowId: standing.flowId };
    }
    const over = this.changed ? null : this.timer.take();
    this.changed = false;
    switch (over?.due) {
      case undefined:
        return { kind: 'look' };
      case 'lapse':
        return { kind: 'lapse', flowId: standing.flowId };
      case 'expire':
        return { kind: 'expire', deadline: standing.expiresAt };
      case 'remind':
        // However many were missed while no worker ran, one is enough.
        this.remindedUntil = Math.max(over?.at ?? 0, Date.now());
        return { kind: 'remind', mail: standing.mail };
    }
  }

  private isCalled(): boolean {
    return this.changed || this.resendAsked || this.revokeAsked;
  }

  /** Until something is asked or the timer is over; a cancellation of the whole workflow revokes the invite. */
  private async wait(): Promise<void> {
    try {
      await condition(() => this.isCalled() || this.timer.isOver);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      this.revokeAsked = true;
    }
  }

  private setTimer({ expiresAt, privilegedUntil }: InviteStanding): void {
    const [reminder = Infinity] = reminderTimes(expiresAt, this.input.remindersMs, this.remindedUntil);
    if (privilegedUntil !== null) this.timer.set('lapse', privilegedUntil);
    else if (reminder < expiresAt) this.timer.set('remind', reminder);
    else this.timer.set('expire', expiresAt);
  }

  /** Tells whoever wants to know, and waits until that is done or somebody asks for something. */
  private async finish(outcome: InviteOutcome): Promise<void> {
    this.timer.stop();
    this.mails.callOff();
    await CancellationScope.nonCancellable(async () => {
      if (this.told !== outcome) {
        this.told = outcome;
        if (outcome === 'accepted') this.mails.tellOfAcceptance();
        this.mails.tellHooks();
      }
      await condition(() => this.isCalled() || (this.mails.areSettled && allHandlersFinished()));
    });
  }

  private close(outcome: InviteOutcome): InviteOutcome {
    this.finished = true;
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.outcome, value: outcome }]);
    this.story.ended(outcome);
    return outcome;
  }

  private async submit(submission: Submission): Promise<Verdict> {
    await condition(() => this.standing !== null);
    const flowId = submission.flowId ?? this.standing?.flowId ?? '';
    const { verdict, superseded } = await steps.judgeSubmission({ flowId, submission });
    this.story.judged(verdict.kind);
    if (verdict.kind === 'passed') {
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.state, value: 'passed_challenge' }]);
      for (const other of superseded) this.mails.doBeside(cancelRecovery(other));
    }
    if (verdict.kind === 'passed' || verdict.kind === 'closed') this.changed = true;
    return verdict;
  }

  /** A signal cannot be refused: what is malformed or fails is noted, and the invite goes on. */
  private async submitUnheard(submission: Submission): Promise<void> {
    try {
      assertSubmission(submission);
      await this.submit(submission);
    } catch {
      log.warn('a signalled submission was malformed or could not be judged');
    }
  }
}

async function cancelRecovery(flowId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(recoveryWorkflowId(flowId)).signal(cancelSignal);
  } catch {
    log.info('a superseded recovery had completed already');
  }
}
