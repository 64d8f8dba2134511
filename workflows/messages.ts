/**
 * What passes between the API, operators and the workflows: ids, inputs, updates, signals, search attributes. Only ids,
 * times and keyed digests: nothing here may hold a code, a token, a password or an address.
 */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { RecoveryOutcome } from './domain/recovery-lifecycle.js';

/** The workflow id of a recovery, as operators see it in the Temporal UI. */
export function recoveryWorkflowId(flowId: string): string {
  return `recovery/${flowId}`;
}

/** Input of the workflow `recovery`. */
export interface RecoveryInput {
  flowId: string;
  method: 'code' | 'link';
  /** True: the workflow mails what it issues. False: an administrator has been given it. */
  mails: boolean;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** How long the session stays privileged after the right code, milliseconds. */
  privilegedMs: number;
  /** Codes that may be issued in all. */
  maxIssues: number;
}

/** One try at the code or link token. */
export interface Submission {
  /** Made by the API; the same id is judged once. */
  id: string;
  /** Keyed digest of what was typed (`Keys.submissionDigest`). */
  digest: string;
}

/** What became of a submission. */
export type Verdict =
  /** The code is used up and a session is open, waiting to be claimed by the client. */
  | { kind: 'passed'; sessionId: string; settingsFlowId: string }
  | { kind: 'wrong' }
  /** Wrong, and it was the last attempt. */
  | { kind: 'exhausted' }
  /** The account (or unknown address) is held for too many wrong submissions; nothing was compared. */
  | { kind: 'held'; untilMs: number }
  /** The flow had passed before. */
  | { kind: 'used' }
  /** The flow had ended before. */
  | { kind: 'closed'; outcome: RecoveryOutcome }
  | { kind: 'expired' }
  /** The right code, for an account that is disabled. Not used up. */
  | { kind: 'disabled' };

/** Submits a code and waits for the verdict. */
export const submitUpdate = defineUpdate<Verdict, [Submission]>('submit');
/** The same for scripts that do not wait. */
export const submitSignal = defineSignal<[Submission]>('submit');
/** Issues a new code; older ones stop working. Works from the Temporal UI, without arguments. */
export const resendSignal = defineSignal('resend');
/** Ends the recovery. Works from the Temporal UI, without arguments. */
export const cancelSignal = defineSignal('cancel');
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
