/**
 * What passes between the API, operators and the workflows: ids, inputs, updates, signals, search attributes. Only ids,
 * times and keyed digests: nothing here may hold a code, a token, a password or an address.
 */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { RecoveryOutcome } from './domain/recovery-lifecycle.js';
import type { VerificationOutcome } from './domain/verification-lifecycle.js';

/** The workflow id of a recovery, as operators see it in the Temporal UI. */
export function recoveryWorkflowId(flowId: string): string {
  return `recovery/${flowId}`;
}

/** The workflow id of a verification. */
export function verificationWorkflowId(flowId: string): string {
  return `verification/${flowId}`;
}

/** The workflow id that watches over a machine's key. */
export function machineKeyWorkflowId(keyId: string): string {
  return `machine-key/${keyId}`;
}

/** Input of the workflow `machineKey`. */
export interface MachineKeyInput {
  keyId: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** What the workflow of every flow needs that asks for a code or link. */
export interface ChallengeInput {
  flowId: string;
  method: 'code' | 'link';
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** Codes that may be issued in all. */
  maxIssues: number;
  /** True: begun by a batch. Its first mail waits in line with those of the batch. */
  bulk?: boolean;
}

/** Input of the workflow `recovery`. */
export interface RecoveryInput extends ChallengeInput {
  /** True: the workflow mails what it issues. False: an administrator has been given it. */
  mails: boolean;
  /** How long the session stays privileged after the right code, milliseconds. */
  privilegedMs: number;
  /** True: web hooks are to be told when it is over. */
  hooks?: boolean;
}

/** Input of the workflow `verification`. */
export type VerificationInput = ChallengeInput;

/** The workflow id of a notice. */
export function noticeWorkflowId(noticeId: string): string {
  return `notice/${noticeId}`;
}

/** Input of the workflow `notice`. */
export interface NoticeInput {
  noticeId: string;
}

/** The workflow id of an invite. */
export function inviteWorkflowId(inviteId: string): string {
  return `invite/${inviteId}`;
}

/** Input of the workflow `invite`. All else is in the invite's row. */
export interface InviteInput {
  inviteId: string;
  /** How long before the deadline the invitee is reminded, milliseconds. */
  remindersMs: readonly number[];
  /** True: made by a batch. Its first mail waits in line with those of the batch. */
  bulk?: boolean;
  /** True: web hooks tell of its end. */
  hooks?: boolean;
}

/** The workflow id of a batch. */
export function batchWorkflowId(batchId: string): string {
  return `batch/${batchId}`;
}

/** Input of the workflow `batch`. All else is in the batch's row. */
export interface BatchInput {
  batchId: string;
  /** Set by a run for the next one: when the next mails may go, milliseconds since the epoch. */
  nextMailAt?: number;
}

/** One try at the code or link token. */
export interface Submission {
  /** Made by the API; the same id is judged once. */
  id: string;
  /** Which flow it is for, where a workflow has several in turn: those of an invite. */
  flowId?: string;
  /** Keyed digest of what was typed (`Keys.submissionDigest`). */
  digest: string;
}

/** What became of a submission. `Passed` is what the right one opened, `Outcome` how such a flow can have ended. */
export type ChallengeVerdict<Passed, Outcome extends string> =
  /** The code is used up. */
  | ({ kind: 'passed' } & Passed)
  | { kind: 'wrong' }
  /** Wrong, and it was the last attempt. */
  | { kind: 'exhausted' }
  /** The account (or unknown address) is held for too many wrong submissions; nothing was compared. */
  | { kind: 'held'; untilMs: number }
  /** The flow had passed before. */
  | { kind: 'used' }
  /** The flow had ended before. */
  | { kind: 'closed'; outcome: Outcome }
  | { kind: 'expired' }
  /** The right code, for an account that is disabled. Not used up. */
  | { kind: 'disabled' };

/** What the right code of a recovery opens: a session, which waits to be claimed by the client. */
export interface OpenedSession {
  sessionId: string;
  settingsFlowId: string;
}

/** The verdict on a recovery's code. */
export type Verdict = ChallengeVerdict<OpenedSession, RecoveryOutcome>;

/** The verdict on a verification's code. */
export type VerificationVerdict = ChallengeVerdict<object, VerificationOutcome>;

/** Submits a code and waits for the verdict. */
export const submitUpdate = defineUpdate<Verdict, [Submission]>('submit');
/** The same for a verification. */
export const submitVerificationUpdate = defineUpdate<VerificationVerdict, [Submission]>('submit');
/** The same for scripts that do not wait. */
export const submitSignal = defineSignal<[Submission]>('submit');
/** Issues a new code; older ones stop working. Works from the Temporal UI, without arguments. */
export const resendSignal = defineSignal('resend');
/** Ends the recovery. Works from the Temporal UI, without arguments. */
export const cancelSignal = defineSignal('cancel');
/** Ends an invite. Works from the Temporal UI, without arguments. */
export const revokeSignal = defineSignal('revoke');
/** Stops a batch after the rows under way. Works from the Temporal UI, without arguments, as do the next two. */
export const pauseSignal = defineSignal('pause');
/** Lets a batch go on, or begin. */
export const resumeSignal = defineSignal('resume');
/** Tries the failed rows of a batch once more. */
export const retryFailedSignal = defineSignal('retry-failed');
/** The API has changed the row of an invite or a batch. */
export const changedSignal = defineSignal('changed');
/** The workflow id of the web hooks of one person's changes in the settings. */
export function settingsHooksWorkflowId(identityId: string): string {
  return `settings-hooks/${identityId}`;
}

/** A change in the settings is about to be written under this id. */
export const settingsChangedSignal = defineSignal<[{ changeId: string }]>('settings-changed');
/** The person has set a new credential in the privileged session. */
export const credentialSetSignal = defineSignal('credential-set');

/** Search attributes that the service registers itself. Not encrypted by Temporal: ids and states only. */
export const SEARCH_ATTRIBUTES = {
  kind: defineSearchAttributeKey('LatchkeyKind', SearchAttributeType.KEYWORD),
  state: defineSearchAttributeKey('LatchkeyState', SearchAttributeType.KEYWORD),
  outcome: defineSearchAttributeKey('LatchkeyOutcome', SearchAttributeType.KEYWORD),
  identityId: defineSearchAttributeKey('LatchkeyIdentityId', SearchAttributeType.KEYWORD),
  expiresAt: defineSearchAttributeKey('LatchkeyExpiresAt', SearchAttributeType.DATETIME),
} as const;
