import { challengeRows } from './challenge-lifecycle.js';
import type { ChallengeEvent, ChallengeFailure, ChallengeState, Row, Transition } from './challenge-lifecycle.js';

/** Where a recovery is while it is open: Kratos' flow states. */
export type RecoveryState = ChallengeState;

/** How a recovery ended. None of these is a fault: each is a story that has been told to its end. */
export type RecoveryOutcome = 'recovered' | 'lapsed' | ChallengeFailure;

/** Every place in the life of a recovery: open states, then ends. */
export type RecoveryPhase = RecoveryState | RecoveryOutcome;

/** What can happen to a recovery. */
export type RecoveryEvent = ChallengeEvent | 'credential_set';

/**
 * The life of a recovery: a row per phase, a column per event. What is not in the table cannot happen; the ends have
 * no row, so nothing leads out of them.
 */
export const RECOVERY_LIFECYCLE: { readonly [P in RecoveryState]: Row<RecoveryPhase, RecoveryEvent> } = {
  ...challengeRows('passed_challenge', { sent: 'recovery_mail_sent', wrong: 'recovery_code_wrong' }),
  passed_challenge: {
    credential_set: { to: 'recovered' },
    deadline_passed: { to: 'lapsed' },
    cancel_asked: { to: 'cancelled' },
  },
};

/** True for the phases that end a recovery. */
export function isOutcome(phase: RecoveryPhase): phase is RecoveryOutcome {
  return !Object.hasOwn(RECOVERY_LIFECYCLE, phase);
}

/** The transition that `event` makes from `phase`, or null when the event means nothing there. */
export function advance(phase: RecoveryPhase, event: RecoveryEvent): Transition<RecoveryPhase> | null {
  if (isOutcome(phase)) return null;
  return RECOVERY_LIFECYCLE[phase][event] ?? null;
}
