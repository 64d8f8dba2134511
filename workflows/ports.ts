/** The activities that the workflows ask for. Implemented in `activities/`; workflows see these interfaces only. */
import type { RecoveryOutcome, RecoveryState } from './domain/recovery-lifecycle.js';
import type { VerificationOutcome } from './domain/verification-lifecycle.js';
import type { Submission, Verdict, VerificationVerdict } from './messages.js';

/** `skipped`: there was nobody to send to, or the flow had moved on. */
export type MailResult = 'sent' | 'skipped';

/** Short Postgres steps: one idempotent transaction each, run as local activities. */
export interface FlowSteps {
  /**
   * Judges one submission. The same `submission.id` gives the same verdict again and counts nothing. `superseded` are
   * the person's other open flows, which a right code ends.
   */
  judgeSubmission(input: {
    flowId: string;
    submission: Submission;
  }): Promise<{ verdict: Verdict; superseded: string[] }>;
  /**
   * Ends the flow by `event` if it is still in state `from`. Returns the outcome that now holds, whoever set it; null
   * when the flow has moved on from `from` and is open.
   */
  endFlow(input: {
    flowId: string;
    from: RecoveryState;
    event: 'deadline_passed' | 'cancel_asked';
  }): Promise<RecoveryOutcome | null>;
  /** Gives up the messages of a flow or notice that were never taken. */
  giveUpMessages(input: { flowId: string }): Promise<void>;
  /** Judges one submission to a verification. The same `submission.id` gives the same verdict again. */
  judgeVerification(input: { flowId: string; submission: Submission }): Promise<VerificationVerdict>;
  /** Ends a verification by `event` unless it has ended. Returns the outcome that now holds, whoever set it. */
  endVerification(input: { flowId: string; event: 'deadline_passed' | 'cancel_asked' }): Promise<VerificationOutcome>;
}

/** Mail jobs: regular activities on the mail task queue. */
export interface MailJobs {
  /** Makes `issue` the flow's current one and mails its code or link. Skips when a later one is current. */
  sendRecovery(input: { flowId: string; issue: number }): Promise<MailResult>;
  /** The same for a verification. */
  sendVerification(input: { flowId: string; issue: number }): Promise<MailResult>;
  /** Tells all the account's addresses that it was recovered. Returns the flow's outcome; null (no mail) while open. */
  sendRecoveryNotice(input: { flowId: string }): Promise<RecoveryOutcome | null>;
  /** Tells all the account's addresses of a changed credential. Fails, to be tried again, until the change is written. */
  sendNotice(input: { noticeId: string }): Promise<MailResult>;
}
