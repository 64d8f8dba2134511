import { setCurrentDetails } from '@temporalio/workflow';
import type { ChallengeVerdict } from './messages.js';
import type { MailResult } from './ports.js';

const JUDGED: Record<ChallengeVerdict<object, string>['kind'], string> = {
  passed: 'the right code was entered',
  wrong: 'a wrong code was entered',
  exhausted: 'a wrong code was entered, the last that this flow takes',
  held: 'a code was entered while the account is held; it was not looked at',
  used: 'a code was entered after the right one had been used',
  closed: 'a code was entered after the end',
  expired: 'a code was entered after the expiry',
  disabled: 'the right code was entered, but the account is disabled',
};

/** Lines kept: enough to follow a flow, few enough to read. */
const LAST_LINES = 30;

/** Tells the flow so far in plain words, as the Temporal UI's current details. Costs no history. */
export class ChallengeStory {
  private readonly lines: string[] = [];

  issued(issue: number, mails: boolean): void {
    const how = mails ? 'to be sent' : 'handed to the administrator';
    this.add(`code ${issue} issued, ${how}${issue > 1 ? '; older codes stopped working' : ''}`);
  }

  mailed(issue: number, result: MailResult): void {
    this.add(
      result === 'sent'
        ? `the mail server took code ${issue}`
        : `code ${issue} was not sent: nobody to send it to, or a newer one exists`,
    );
  }

  mailFailed(issue: number, calledOff: boolean): void {
    this.add(calledOff ? `sending of code ${issue} called off` : `code ${issue} could not be sent`);
  }

  judged(verdict: keyof typeof JUDGED): void {
    this.add(JUDGED[verdict]);
  }

  /** A line of the flow's own, such as its end. */
  add(line: string): void {
    this.lines.push(`- ${new Date().toISOString().slice(0, 19).replace('T', ' ')} UTC: ${line}`);
    if (this.lines.length > LAST_LINES) this.lines.splice(1, 1);
    setCurrentDetails(this.lines.join('\n'));
  }
}
