import type { MessageId } from '../../schemas/messages.js';

/** Where a recovery is while it is open: Kratos' flow states. */
export type RecoveryState = 'choose_method' | 'sent_email' | 'passed_challenge';

/** How a recovery ended. None of these is a fault: each is a story that has been told to its end. */
export type RecoveryOutcome = 'recovered' | 'lapsed' | 'expired' | 'cancelled' | 'exhausted';

/** Every place in the life of a recovery: open states, then ends. */
export type RecoveryPhase = RecoveryState | RecoveryOutcome;

/** What can happen to a recovery. */
export type RecoveryEvent =
  /** An address was submitted; on `sent_email` this asks for another code. */
  | 'address_given'
  /** A submission that is not the current code or token. */
  | 'code_wrong'
  /** A wrong submission that used up the flow's attempts. */
  | 'attempts_used_up'
  | 'code_right'
  | 'credential_set'
  /** `expires_in` has passed, or, after the right code, the privileged session's time. */
  | 'deadline_passed'
  /** An operator or administrator ended it, or another recovery of the same person succeeded. */
  | 'cancel_asked';

interface Transition {
  readonly to: RecoveryPhase;
  /** The message that the flow then shows (Kratos' id). */
  readonly says?: MessageId;
}

/**
 * The life of a recovery: a row per phase, a column per event. What is not in the table cannot happen; the ends have
 * no row, so nothing leads out of them.
 */
export const RECOVERY_LIFECYCLE: {
  readonly [P in RecoveryState]: { readonly [E in RecoveryEvent]?: Transition };
} = {
  choose_method: {
    address_given: { to: 'sent_email', says: 'recovery_mail_sent' },
    deadline_passed: { to: 'expired' },
    cancel_asked: { to: 'cancelled' },
  },
  sent_email: {
    address_given: { to: 'sent_email', says: 'recovery_mail_sent' },
    code_wrong: { to: 'sent_email', says: 'recovery_code_wrong' },
    attempts_used_up: { to: 'exhausted', says: 'recovery_code_wrong' },
    code_right: { to: 'passed_challenge' },
    deadline_passed: { to: 'expired' },
    cancel_asked: { to: 'cancelled' },
  },
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
export function advance(phase: RecoveryPhase, event: RecoveryEvent): Transition | null {
  if (isOutcome(phase)) return null;
  return RECOVERY_LIFECYCLE[phase][event] ?? null;
}
