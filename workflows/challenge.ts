import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineUpdate,
  isCancellation,
  log,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ChallengeFailure } from './domain/challenge-lifecycle.js';
import type { ChallengeStory } from './challenge-story.js';
import { cancelSignal, resendSignal, submitSignal, submitUpdate } from './messages.js';
import type { ChallengeInput, ChallengeVerdict, Submission } from './messages.js';
import type { MailJobs, MailResult } from './ports.js';
import { batchQueueOf, mailQueueOf } from './queues.js';
import { codeMail } from './timeouts.js';

/** Why a flow is ended without the right code. */
export type EndEvent = 'deadline_passed' | 'cancel_asked';

/** What a kind of flow does where its challenge differs from others. */
export interface ChallengeWork<Passed, Outcome extends string> {
  /** Judges a submission, and does what follows from the right one. */
  judge(submission: Submission): Promise<ChallengeVerdict<Passed, Outcome>>;
  /** Ends the flow. Null when the right code won the race for the row, and its handler is about to say so. */
  end(event: EndEvent): Promise<Outcome | null>;
  /** Mails an issue. */
  mail(jobs: MailJobs, issue: number): Promise<MailResult>;
}

/**
 * The part of a workflow that asks for a code or link until the right one comes, the expiry, the last attempt or a
 * cancellation. Postgres holds the truth about the flow; this keeps its clock, mails its codes and makes every step
 * happen in spite of processes that die.
 */
export class Challenge<Passed, Outcome extends string> {
  /** The right code was entered. */
  passed = false;
  /** How the flow ended, once it has. */
  ended: Outcome | ChallengeFailure | null = null;
  cancelAsked = false;

  private readonly mailQueue = mailQueueOf(workflowInfo().taskQueue);
  /** Holds the mails of codes, so that they can be called off together. */
  private readonly codeMails = new CancellationScope();
  /** Work that goes on beside the main line and has to be over before the workflow completes. */
  private readonly beside = new Set<Promise<void>>();
  private issue = 0;

  constructor(
    private readonly input: ChallengeInput,
    private readonly story: ChallengeStory,
    private readonly work: ChallengeWork<Passed, Outcome>,
  ) {
    const submit = defineUpdate<ChallengeVerdict<Passed, Outcome>, [Submission]>(submitUpdate.name);
    setHandler(submit, (submission) => this.submit(submission), {
      validator: (submission) => {
        assertSubmission(submission);
        if (this.ended !== null) throw ApplicationFailure.nonRetryable('This flow has ended.', 'gone');
      },
      description: 'Submit the keyed digest of a code; answers with the verdict.',
    });
    setHandler(submitSignal, (submission) => this.submitUnheard(submission), {
      description: 'The same as the update, for scripts that do not wait for the verdict.',
    });
    setHandler(resendSignal, () => this.resend(), {
      description: 'Issue and mail a new code; older ones stop working.',
    });
    setHandler(cancelSignal, () => void (this.cancelAsked = true), { description: 'End this flow now.' });
  }

  /** Runs until `passed` or `ended` is set. `mailsFirst` is false when the first code was handed over otherwise. */
  async run(options: { mailsFirst: boolean }): Promise<void> {
    this.issueCode(options.mailsFirst);
    const expiry = this.timer(this.input.expiresAt - Date.now(), 'The code expires');
    while (!this.passed && this.ended === null) {
      await this.until(() => this.passed || this.ended !== null || this.cancelAsked || expiry.over);
      if (this.passed || this.ended !== null) break;
      const event = this.endEvent();
      this.ended = await CancellationScope.nonCancellable(() => this.work.end(event));
      if (this.ended === null) await CancellationScope.nonCancellable(() => condition(() => this.passed));
    }
    this.codeMails.cancel();
  }

  /** Resolves when nothing is under way any more. Await it before the workflow completes. */
  async settled(): Promise<void> {
    await condition(() => this.beside.size === 0 && allHandlersFinished());
  }

  /** What the end of a wait means: somebody asked for it, or the time is over. */
  endEvent(): EndEvent {
    return this.cancelAsked ? 'cancel_asked' : 'deadline_passed';
  }

  /** A named timer. It is left to die with the workflow: cancelling it would cost an event. */
  timer(ms: number, summary: string): { over: boolean } {
    const timer = { over: false };
    sleep(Math.max(ms, 1), { summary }).then(
      () => (timer.over = true),
      () => (this.cancelAsked = true),
    );
    return timer;
  }

  /** Waits for `fn`; a cancellation of the whole workflow counts as the cancel signal. */
  async until(fn: () => boolean): Promise<void> {
    try {
      await condition(fn);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      this.cancelAsked = true;
    }
  }

  /** Lets `work` go on beside the main line; {@link settled} waits for it. */
  doBeside(work: Promise<unknown>): void {
    const entry: Promise<void> = work.then(() => void this.beside.delete(entry));
    this.beside.add(entry);
  }

  private async submit(submission: Submission): Promise<ChallengeVerdict<Passed, Outcome>> {
    const verdict = await this.work.judge(submission);
    this.story.judged(verdict.kind);
    if (verdict.kind === 'passed') this.passed = true;
    else if (verdict.kind === 'exhausted') this.ended = 'exhausted';
    else if (verdict.kind === 'closed') this.ended = verdict.outcome;
    return verdict;
  }

  /** A signal cannot be refused: what is malformed or fails is noted, and the flow goes on. */
  private async submitUnheard(submission: Submission): Promise<void> {
    try {
      assertSubmission(submission);
      await this.submit(submission);
    } catch {
      log.warn('a signalled submission was malformed or could not be judged');
    }
  }

  private resend(): void {
    if (!this.passed && this.ended === null && this.issue < this.input.maxIssues) this.issueCode(true);
  }

  private issueCode(mails: boolean): void {
    this.issue += 1;
    const issue = this.issue;
    this.story.issued(issue, mails);
    if (!mails) return;
    const jobs = proxyActivities<MailJobs>({
      ...codeMail(this.input.expiresAt - Date.now(), issue),
      // What a person asks for themselves never stands in the line of a batch.
      taskQueue: this.input.bulk && issue === 1 ? batchQueueOf(workflowInfo().taskQueue) : this.mailQueue,
    });
    this.doBeside(
      this.codeMails
        .run(() => this.work.mail(jobs, issue))
        .then(
          (result) => this.story.mailed(issue, result),
          (error: unknown) => this.story.mailFailed(issue, isCancellation(error)),
        ),
    );
  }
}

/** @throws ApplicationFailure bad_request for anything that is not a submission */
export function assertSubmission(submission: unknown): asserts submission is Submission {
  const { id, digest } = (submission ?? {}) as Partial<Record<string, unknown>>;
  if (typeof id !== 'string' || typeof digest !== 'string' || id.length > 100 || digest.length > 100) {
    throw ApplicationFailure.nonRetryable('A submission is { id, digest }, both text.', 'bad_request');
  }
}
