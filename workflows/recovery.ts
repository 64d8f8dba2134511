import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { RecoveryOutcome, RecoveryState } from './domain/recovery-lifecycle.js';
import {
  cancelSignal,
  credentialSetSignal,
  recoveryWorkflowId,
  resendSignal,
  SEARCH_ATTRIBUTES,
  submitSignal,
  submitUpdate,
} from './messages.js';
import type { RecoveryInput, Submission, Verdict } from './messages.js';
import type { FlowSteps, MailJobs } from './ports.js';
import { mailQueueOf } from './queues.js';
import { RecoveryStory } from './recovery-story.js';
import { FLOW_STEP, NOTICE_MAIL, recoveryMail } from './timeouts.js';

const steps = proxyLocalActivities<FlowSteps>(FLOW_STEP);

/**
 * One recovery, from the first code to its outcome. Postgres holds the truth about the flow; this keeps its clock, mails
 * its codes and makes every step happen in spite of processes that die. Completes with the outcome; fails only by a
 * fault of ours.
 */
export async function recovery(input: RecoveryInput): Promise<RecoveryOutcome> {
  return new Recovery(input).run();
}

class Recovery {
  private readonly story: RecoveryStory;
  private readonly mailQueue = mailQueueOf(workflowInfo().taskQueue);
  /** Holds the mails of codes, so that they can be called off together. */
  private readonly codeMails = new CancellationScope();
  /** Work that goes on beside the main line and has to be over before the workflow completes. */
  private readonly beside = new Set<Promise<void>>();
  private issue = 0;
  private passed = false;
  private ended: RecoveryOutcome | null = null;
  private cancelAsked = false;
  private credentialSet = false;

  constructor(private readonly input: RecoveryInput) {
    this.story = new RecoveryStory(input);
    setHandler(submitUpdate, (submission) => this.submit(submission), {
      validator: (submission) => {
        assertSubmission(submission);
        if (this.ended !== null) throw ApplicationFailure.nonRetryable('This recovery has ended.', 'gone');
      },
      description: 'Submit the keyed digest of a code; answers with the verdict.',
    });
    setHandler(submitSignal, (submission) => this.submitUnheard(submission), {
      description: 'The same as the update, for scripts that do not wait for the verdict.',
    });
    setHandler(resendSignal, () => this.resend(), { description: 'Issue and mail a new code; older ones stop working.' });
    setHandler(cancelSignal, () => void (this.cancelAsked = true), { description: 'End this recovery now.' });
    setHandler(credentialSetSignal, () => void (this.credentialSet = true), {
      description: 'Sent by the API when the person has set a new credential.',
    });
  }

  async run(): Promise<RecoveryOutcome> {
    this.issueCode();
    await this.awaitCode();
    this.codeMails.cancel();
    if (this.ended === null) await this.awaitCredential();
    // Set by one of the two phases; the fallback only tells the compiler.
    const outcome: RecoveryOutcome = this.ended ?? 'expired';
    await CancellationScope.nonCancellable(async () => {
      if (outcome === 'lapsed') await this.notify();
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.outcome, value: outcome }]);
      await condition(() => this.beside.size === 0 && allHandlersFinished());
    });
    this.story.ended(outcome);
    return outcome;
  }

  /** First phase: until the right code, the expiry, the last attempt or a cancellation. */
  private async awaitCode(): Promise<void> {
    const expiry = this.timer(this.input.expiresAt - Date.now(), 'The code expires');
    while (!this.passed && this.ended === null) {
      await this.until(() => this.passed || this.ended !== null || this.cancelAsked || expiry.over);
      if (this.passed || this.ended !== null) break;
      await this.end('sent_email');
      // The right code won the race for the row: its handler is about to say so.
      if (this.ended === null) await CancellationScope.nonCancellable(() => condition(() => this.passed));
    }
  }

  /** Second phase: until a new credential, the end of the privileged session or a cancellation. */
  private async awaitCredential(): Promise<void> {
    const privilege = this.timer(this.input.privilegedMs, 'The privileged session ends');
    while (this.ended === null) {
      await this.until(() => this.credentialSet || this.cancelAsked || privilege.over);
      if (this.credentialSet) {
        // The row decides: a stray signal finds it open, and the wait goes on.
        this.credentialSet = false;
        this.ended = await CancellationScope.nonCancellable(() => this.notify());
      } else {
        await this.end('passed_challenge');
        // Closed by the API as recovered, and its signal was lost: the notice is still owed.
        if (this.ended === 'recovered') await CancellationScope.nonCancellable(() => this.notify());
      }
    }
  }

  private async end(from: RecoveryState): Promise<void> {
    const event = this.cancelAsked ? 'cancel_asked' : 'deadline_passed';
    const { flowId } = this.input;
    this.ended = await CancellationScope.nonCancellable(() => steps.endFlow({ flowId, from, event }));
  }

  private async submit(submission: Submission): Promise<Verdict> {
    const { verdict, superseded } = await steps.judgeSubmission({ flowId: this.input.flowId, submission });
    this.story.judged(verdict);
    if (verdict.kind === 'passed') {
      this.passed = true;
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.state, value: 'passed_challenge' }]);
      for (const flowId of superseded) this.doBeside(cancelOther(flowId));
    } else if (verdict.kind === 'exhausted') {
      this.ended = 'exhausted';
    } else if (verdict.kind === 'closed') {
      this.ended = verdict.outcome;
    }
    return verdict;
  }

  /** A signal cannot be refused: what is malformed or fails is noted, and the recovery goes on. */
  private async submitUnheard(submission: Submission): Promise<void> {
    try {
      assertSubmission(submission);
      await this.submit(submission);
    } catch {
      log.warn('a signalled submission was malformed or could not be judged');
    }
  }

  private resend(): void {
    if (!this.passed && this.ended === null && this.issue < this.input.maxIssues) this.issueCode();
  }

  private issueCode(): void {
    this.issue += 1;
    const issue = this.issue;
    this.story.issued(issue);
    // The first code of an administrator's recovery was handed over by the API.
    if (!this.input.mails && issue === 1) return;
    const { flowId, expiresAt } = this.input;
    const { sendRecovery } = proxyActivities<MailJobs>({
      ...recoveryMail(expiresAt - Date.now(), issue),
      taskQueue: this.mailQueue,
    });
    this.doBeside(
      this.codeMails
        .run(() => sendRecovery({ flowId, issue }))
        .then(
          (result) => this.story.mailed(issue, result),
          (error: unknown) => this.story.mailFailed(issue, isCancellation(error)),
        ),
    );
  }

  private async notify(): Promise<RecoveryOutcome | null> {
    const { sendRecoveryNotice } = proxyActivities<MailJobs>({ ...NOTICE_MAIL, taskQueue: this.mailQueue });
    const { flowId } = this.input;
    return await sendRecoveryNotice({ flowId }).catch(() => {
      // Days without a mail server, or no address takes mail. The recovery itself is done and stays done.
      log.error('the notice of a recovery could not be mailed');
      return steps.endFlow({ flowId, from: 'passed_challenge', event: 'deadline_passed' });
    });
  }

  /** A named timer. It is left to die with the workflow: cancelling it would cost an event. */
  private timer(ms: number, summary: string): { over: boolean } {
    const timer = { over: false };
    sleep(Math.max(ms, 1), { summary }).then(
      () => (timer.over = true),
      () => (this.cancelAsked = true),
    );
    return timer;
  }

  /** Waits for `fn`; a cancellation of the whole workflow counts as the cancel signal. */
  private async until(fn: () => boolean): Promise<void> {
    try {
      await condition(fn);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      this.cancelAsked = true;
    }
  }

  private doBeside(work: Promise<unknown>): void {
    const entry: Promise<void> = work.then(() => void this.beside.delete(entry));
    this.beside.add(entry);
  }
}

function assertSubmission(submission: unknown): asserts submission is Submission {
  const { id, digest } = (submission ?? {}) as Partial<Record<string, unknown>>;
  if (typeof id !== 'string' || typeof digest !== 'string' || id.length > 100 || digest.length > 100) {
    throw ApplicationFailure.nonRetryable('A submission is { id, digest }, both text.', 'bad_request');
  }
}

async function cancelOther(flowId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(recoveryWorkflowId(flowId)).signal(cancelSignal);
  } catch {
    log.info('a superseded recovery had completed already');
  }
}
