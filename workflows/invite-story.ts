import { ChallengeStory } from './challenge-story.js';
import type { InviteOutcome } from './domain/invite-lifecycle.js';
import type { InviteMailResult, InviteRequest, InviteStanding } from './invite-ports.js';

const ENDINGS: Record<InviteOutcome, string> = {
  accepted: 'The invitee has set a credential. **Accepted.**',
  declined: 'The invitee does not want it. **Declined.**',
  expired: 'The deadline has passed. **Expired.**',
  revoked: 'Ended by an administrator or operator, or deleted with its person. **Revoked.**',
};

const MAILED: Record<InviteMailResult, string> = {
  sent: 'the mail server took it',
  skipped: 'it was not sent: nobody to send it to, or a newer one exists',
  refused: 'the mail server refused it for good',
};

/** Tells an invite so far in plain words. */
export class InviteStory {
  private readonly story = new ChallengeStory();

  stepped(asked: InviteRequest, before: InviteStanding | null, now: InviteStanding): void {
    if (before === null) this.story.add(`invite made; its deadline is ${inWords(now.expiresAt)}`);
    else if (now.expiresAt !== before.expiresAt && now.privilegedUntil === null) {
      this.story.add(`renewed: older codes stopped working, and the new deadline is ${inWords(now.expiresAt)}`);
    } else if (asked.kind === 'lapse' && now.privilegedUntil === null && now.outcome === null) {
      this.story.add('no credential was set in time; the next mail brings a new code');
    }
  }

  mailed(kind: InviteStanding['mailKind'], result: InviteMailResult): void {
    this.story.add(`mail (${kind}): ${MAILED[result]}`);
  }

  mailFailed(kind: InviteStanding['mailKind'], calledOff: boolean): void {
    this.story.add(`mail (${kind}): ${calledOff ? 'called off' : 'it could not be sent'}`);
  }

  judged(verdict: Parameters<ChallengeStory['judged']>[0]): void {
    this.story.judged(verdict);
  }

  ended(outcome: InviteOutcome): void {
    this.story.add(ENDINGS[outcome]);
  }
}

function inWords(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
