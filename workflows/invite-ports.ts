import type { InviteOutcome } from './domain/invite-lifecycle.js';

/** What an invite's workflow asks its row to do, if that is still called for. */
export type InviteRequest =
  /** Nothing: only tell how it stands. */
  | { kind: 'look' }
  /** End it, if `deadline` (milliseconds since the epoch) is still its deadline. */
  | { kind: 'expire'; deadline: number }
  | { kind: 'revoke' }
  /** A new code and a new deadline, if `flowId` is still the flow in force. */
  | { kind: 'resend'; flowId: string }
  /** A reminder, if `mail` is still the newest mail. */
  | { kind: 'remind'; mail: number }
  /** The privileged time of `flowId` is over without a new credential. */
  | { kind: 'lapse'; flowId: string };

/** How an invite stands. */
export interface InviteStanding {
  outcome: InviteOutcome | null;
  /** The recovery flow in force. */
  flowId: string;
  /** Number of the newest mail that is to go out; 0 when there is none. */
  mail: number;
  mailKind: 'invite' | 'reminder';
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** Once the right code was entered: until when a credential can be set with it. Milliseconds since the epoch. */
  privilegedUntil: number | null;
}

/** The Postgres steps of invites: one idempotent transaction each, run as local activities. */
export interface InviteSteps {
  /** Does what is asked, if it is still called for, and tells how the invite stands then. */
  stepInvite(input: { inviteId: string; asked: InviteRequest }): Promise<InviteStanding>;
}

/** `skipped`: there is nobody to send it to, or the invite has moved on. `refused`: the mail server will never take it. */
export type InviteMailResult = 'sent' | 'skipped' | 'refused';

/** The mail jobs of invites: regular activities on the mail task queue. */
export interface InviteMailJobs {
  /** Mails the invite's mail number `mail`, with the code in force, and notes in its row how that went. */
  sendInvite(input: { inviteId: string; mail: number }): Promise<InviteMailResult>;
  /** Tells all the person's addresses that the invite was accepted. */
  sendInviteNotice(input: { inviteId: string }): Promise<InviteMailResult>;
}
