import { challengeRows } from './challenge-lifecycle.js';
import type { ChallengeEvent, ChallengeFailure, Row, Transition } from './challenge-lifecycle.js';

/** Where a verification is while it is open. Clients see `passed_challenge` once it is verified. */
export type VerificationState = 'choose_method' | 'sent_email';

/** How a verification of an address ended. */
export type VerificationOutcome = 'verified' | ChallengeFailure;

/** Every place in the life of a verification. */
export type VerificationPhase = VerificationState | VerificationOutcome;

type Table = { readonly [P in VerificationState]: Row<VerificationPhase, ChallengeEvent> };

const WORDS = { sent: 'verification_mail_sent', wrong: 'verification_code_wrong' } as const;
const rows = challengeRows('verified', WORDS);

/**
 * The life of a verification: that of any challenge, and the right code ends it. Kratos takes codes before any message
 * was sent, and counts them.
 */
export const VERIFICATION_LIFECYCLE: Table = {
  choose_method: {
    ...rows.choose_method,
    code_wrong: { to: 'choose_method', says: WORDS.wrong },
    attempts_used_up: { to: 'exhausted', says: WORDS.wrong },
  },
  sent_email: rows.sent_email,
};

/** True for the phases that end a verification. */
export function isVerificationOutcome(phase: VerificationPhase): phase is VerificationOutcome {
  return !Object.hasOwn(VERIFICATION_LIFECYCLE, phase);
}

/** The transition that `event` makes from `phase`, or null when the event means nothing there. */
export function advanceVerification(
  phase: VerificationPhase,
  event: ChallengeEvent,
): Transition<VerificationPhase> | null {
  if (isVerificationOutcome(phase)) return null;
  return VERIFICATION_LIFECYCLE[phase][event] ?? null;
}
