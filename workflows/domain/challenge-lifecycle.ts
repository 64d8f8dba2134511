import type { MessageId } from '../../schemas/messages.js';

/** Where a flow is that asks for a code or a link: Kratos' flow states. */
export type ChallengeState = OpenState | 'passed_challenge';
type OpenState = 'choose_method' | 'sent_email';

/** How a challenge ends without the right code. */
export type ChallengeFailure = 'expired' | 'cancelled' | 'exhausted';

/** What can happen to a challenge. */
export type ChallengeEvent =
  /** An address was submitted; on `sent_email` this asks for another code. */
  | 'address_given'
  /** A submission that is not the current code or token. */
  | 'code_wrong'
  /** A wrong submission that used up the flow's attempts. */
  | 'attempts_used_up'
  | 'code_right'
  /** `expires_in` has passed, or, after the right code of a recovery, the privileged session's time. */
  | 'deadline_passed'
  /** An operator or administrator ended it, or another recovery of the same person succeeded. */
  | 'cancel_asked';

/** One step in the life of a flow. */
export interface Transition<Phase extends string> {
  readonly to: Phase;
  /** The message that the flow then shows (Kratos' id). */
  readonly says?: MessageId;
}

/** What each event leads to in one phase. An event without an entry means nothing there. */
export type Row<Phase extends string, Event extends string> = { readonly [E in Event]?: Transition<Phase> };

/**
 * The life that every challenge begins with, whatever the right code is good for: a row per state, a column per event.
 * `passed` is where the right code leads to.
 */
export function challengeRows<Passed extends string>(
  passed: Passed,
  says: { sent: MessageId; wrong: MessageId },
): Record<OpenState, Row<OpenState | ChallengeFailure | Passed, ChallengeEvent>> {
  const { sent, wrong } = says;
  return {
    choose_method: {
      address_given: { to: 'sent_email', says: sent },
      deadline_passed: { to: 'expired' },
      cancel_asked: { to: 'cancelled' },
    },
    sent_email: {
      address_given: { to: 'sent_email', says: sent },
      code_wrong: { to: 'sent_email', says: wrong },
      attempts_used_up: { to: 'exhausted', says: wrong },
      code_right: { to: passed },
      deadline_passed: { to: 'expired' },
      cancel_asked: { to: 'cancelled' },
    },
  };
}
