import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineUpdate,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  setWorkflowOptions,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { assertSubmission } from './challenge.js';
import { reminderTimes } from './domain/invite-lifecycle.js';
import type { InviteOutcome } from './domain/invite-lifecycle.js';
import type { InviteMailJobs, InviteRequest, InviteStanding, InviteSteps } from './invite-ports.js';
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
import type { FlowSteps, MailJobs } from './ports.js';
import { batchQueueOf, mailQueueOf } from './queues.js';
import { FLOW_STEP, inviteMail, NOTICE_MAIL } from './timeouts.js';

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

/** What the one timer of an invite is for. */
type Due = 'expire' | 'remind' | 'lapse';

const SUMMARIES: Record<Due, string> = {
  expire: 'The invite expires',
  remind: 'The invitee is reminded',
  lapse: 'The privileged session ends',
};

class Invite {
  private readonly story = new InviteStory();
  private readonly mailQueue = mailQueueOf(workflowInfo().taskQueue);
  private standing: InviteStanding | null = null;
  private timer: { due: Due; at: number; over: boolean; scope: CancellationScope } | null = null;
  /** Reminders that were due up to this time are done with. */
  private remindedUntil = Date.now();
  /** Number of the newest mail that was asked for. */
  private mailed = 0;
  private mails = new CancellationScope();
  /** Work that goes on beside the main line and has to be over before the workflow completes. */
  private readonly beside = new Set<Promise<void>>();
  private changed = false;
  private resendAsked = false;
  private revokeAsked = false;
  private finished = false;

  constructor(private readonly input: InviteInput) {
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
      if (standing.outcome !== null && !this.isCalled()) {
        await this.finish(standing.outcome);
        // Somebody may have renewed it meanwhile.
        if (!this.isCalled()) return this.close(standing.outcome);
      }
      if (standing.outcome === null) {
        this.mailIfDue(standing);
        this.setTimer(standing);
        await this.wait();
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
      this.doBeside(this.tellOfLapse(asked.flowId));
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
    if (this.changed || !this.timer?.over) {
      this.changed = false;
      return { kind: 'look' };
    }
    const { due, at } = this.timer;
    this.timer = null;
    if (due === 'lapse') return { kind: 'lapse', flowId: standing.flowId };
    if (due === 'expire') return { kind: 'expire', deadline: standing.expiresAt };
    // However many were missed while no worker ran, one is enough.
    this.remindedUntil = Math.max(at, Date.now());
    return { kind: 'remind', mail: standing.mail };
  }

  private isCalled(): boolean {
    return this.changed || this.resendAsked || this.revokeAsked;
  }

  /** Until something is asked or the timer is over; a cancellation of the whole workflow revokes the invite. */
  private async wait(): Promise<void> {
    try {
      await condition(() => this.isCalled() || this.timer?.over === true);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      this.revokeAsked = true;
    }
  }

  /** There is one timer at a time, for what is due first. */
  private setTimer({ expiresAt, privilegedUntil }: InviteStanding): void {
    const [reminder = Infinity] = reminderTimes(expiresAt, this.input.remindersMs, this.remindedUntil);
    const [due, at]: [Due, number] =
      privilegedUntil !== null
        ? ['lapse', privilegedUntil]
        : reminder < expiresAt
          ? ['remind', reminder]
          : ['expire', expiresAt];
    if (this.timer?.due === due && this.timer.at === at) return;
    this.timer?.scope.cancel();
    const timer = { due, at, over: false, scope: new CancellationScope() };
    this.timer = timer;
    timer.scope
      .run(() => sleep(Math.max(at - Date.now(), 1), { summary: SUMMARIES[due] }))
      .then(
        () => (timer.over = true),
        () => undefined,
      );
  }

  private mailIfDue({ mail, mailKind, expiresAt }: InviteStanding): void {
    if (mail <= this.mailed) return;
    this.mailed = mail;
    // What an earlier mail says is out of date, or said again by this one.
    this.mails.cancel();
    this.mails = new CancellationScope();
    const { sendInvite } = proxyActivities<InviteMailJobs>({
      ...inviteMail(expiresAt - Date.now(), mailKind),
      taskQueue: this.input.bulk && mail === 1 ? batchQueueOf(workflowInfo().taskQueue) : this.mailQueue,
    });
    const { inviteId } = this.input;
    this.doBeside(
      this.mails
        .run(() => sendInvite({ inviteId, mail }))
        .then(
          (result) => this.story.mailed(mailKind, result),
          (error: unknown) => this.story.mailFailed(mailKind, isCancellation(error)),
        ),
    );
  }

  private async finish(outcome: InviteOutcome): Promise<void> {
    this.timer?.scope.cancel();
    this.timer = null;
    this.mails.cancel();
    await CancellationScope.nonCancellable(async () => {
      if (outcome === 'accepted') await this.tellOfAcceptance();
      await condition(() => this.beside.size === 0 && allHandlersFinished());
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
      for (const other of superseded) this.doBeside(cancelRecovery(other));
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

  private async tellOfAcceptance(): Promise<void> {
    const { sendInviteNotice } = proxyActivities<InviteMailJobs>({ ...NOTICE_MAIL, taskQueue: this.mailQueue });
    const { inviteId } = this.input;
    await sendInviteNotice({ inviteId }).catch(() => log.error('the notice of an accepted invite could not be mailed'));
  }

  /** Somebody was in the account and set no credential: its owner is told, as after a recovery. */
  private async tellOfLapse(flowId: string): Promise<void> {
    const { sendRecoveryNotice } = proxyActivities<MailJobs>({ ...NOTICE_MAIL, taskQueue: this.mailQueue });
    await sendRecoveryNotice({ flowId }).catch(() =>
      log.error('the notice of a lapsed invite code could not be mailed'),
    );
  }

  private doBeside(work: Promise<unknown>): void {
    const entry: Promise<void> = work.then(() => void this.beside.delete(entry));
    this.beside.add(entry);
  }
}

async function cancelRecovery(flowId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(recoveryWorkflowId(flowId)).signal(cancelSignal);
  } catch {
    log.info('a superseded recovery had completed already');
  }
}
