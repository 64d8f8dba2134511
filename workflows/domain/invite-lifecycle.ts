/** Where an invite is while it is open. */
export type InviteState =
  /** Made; its mail is on the way, or tried again. */
  | 'pending'
  /** The mail server took the mail, or the code was handed to the caller. */
  | 'sent'
  /** Somebody who knows (the mail provider) reported that it arrived. */
  | 'delivered'
  /** The mail server refused the mail for good, or it was reported to have bounced. */
  | 'failed'
  /** The invitee has looked at its page. */
  | 'opened';

/** How an invite ended. An expired one can be renewed; nothing leads out of the others. */
export type InviteOutcome = 'accepted' | 'declined' | 'expired' | 'revoked';

/** Every place in the life of an invite. */
export type InviteStatus = InviteState | InviteOutcome;

/** What can happen to an invite. */
export type InviteEvent =
  | 'mail_taken'
  | 'mail_refused'
  | 'arrival_reported'
  | 'bounce_reported'
  | 'page_opened'
  | 'credential_set'
  | 'declined'
  | 'deadline_passed'
  | 'revoke_asked'
  /** A new code and a new deadline. */
  | 'renewed';

type Row = { readonly [E in InviteEvent]?: InviteStatus };

/** What can happen to every open invite. */
const OPEN: Row = {
  credential_set: 'accepted',
  declined: 'declined',
  deadline_passed: 'expired',
  revoke_asked: 'revoked',
  renewed: 'pending',
};

const ARRIVING: Row = {
  ...OPEN,
  arrival_reported: 'delivered',
  bounce_reported: 'failed',
  page_opened: 'opened',
};

/** The life of an invite: a row per status, a column per event. What is not in the table cannot happen. */
export const INVITE_LIFECYCLE: { readonly [S in InviteStatus]: Row } = {
  pending: { ...ARRIVING, mail_taken: 'sent', mail_refused: 'failed' },
  sent: { ...ARRIVING, mail_refused: 'failed' },
  delivered: { ...OPEN, page_opened: 'opened', bounce_reported: 'failed' },
  failed: { ...OPEN, mail_taken: 'sent', arrival_reported: 'delivered', page_opened: 'opened' },
  opened: OPEN,
  accepted: {},
  declined: {},
  expired: { renewed: 'pending' },
  revoked: {},
};

/** Every status, in the order in which invites go through them. */
export const INVITE_STATUSES = Object.keys(INVITE_LIFECYCLE) as InviteStatus[];

/** True for those in which an invite waits for its invitee. */
export function isOpen(status: InviteStatus): status is InviteState {
  return Object.hasOwn(INVITE_LIFECYCLE[status], 'credential_set');
}

/**
 * The points in time at which an open invite reminds, oldest first: `before` its deadline (all in milliseconds), and
 * later than `after`.
 */
export function reminderTimes(expiresAt: number, before: readonly number[], after: number): number[] {
  return before
    .map((ms) => expiresAt - ms)
    .filter((at) => at > after)
    .sort((a, b) => a - b);
}
