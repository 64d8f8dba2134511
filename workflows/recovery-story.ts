import { setCurrentDetails } from '@temporalio/workflow';
import type { RecoveryOutcome } from './domain/recovery-lifecycle.js';
import type { RecoveryInput, Verdict } from './messages.js';
import type { MailResult } from './ports.js';

const ENDINGS: Record<RecoveryOutcome, string> = {
  recovered: 'The person has set a new credential. **Recovered.**',
  lapsed: 'The right code was entered, but no new credential was set in time. **Lapsed.**',
  expired: 'No right code came in time. **Expired.**',
  cancelled: 'Ended by an operator, an administrator or a later recovery of the same person. **Cancelled.**',
  exhausted: 'Too many wrong codes. **Exhausted.**',
};

const JUDGED: Record<Verdict['kind'], string> = {
  passed: 'the right code was entered; a privileged session is open',
  wrong: 'a wrong code was entered',
  exhausted: 'a wrong code was entered, the last that this recovery takes',
  held: 'a code was entered while the account is held; it was not looked at',
  used: 'a code was entered after the right one had been used',
  closed: 'a code was entered after the end',
  expired: 'a code was entered after the expiry',
  disabled: 'the right code was entered, but the account is disabled',
};

/** Lines kept: enough to follow a recovery, few enough to read. */
const LAST_LINES = 30;

/** Tells the recovery so far in plain words, as the Temporal UI's current details. Costs no history. */
export class RecoveryStory {
  private readonly lines: string[] = [];

  constructor(private readonly input: RecoveryInput) {}

  issued(issue: number): void {
    const how = this.input.mails || issue > 1 ? 'to be mailed' : 'handed to the administrator';
    this.add(`code ${issue} issued, ${how}${issue > 1 ? '; older codes stopped working' : ''}`);
  }

  mailed(issue: number, result: MailResult): void {
    this.add(result === 'sent' ? `the mail server took code ${issue}` : `code ${issue} was not mailed: nobody to send it to, or a newer one exists`);
  }

  mailFailed(issue: number, calledOff: boolean): void {
    this.add(calledOff ? `mail of code ${issue} called off` : `code ${issue} could not be mailed`);
  }

  judged(verdict: Verdict): void {
    this.add(JUDGED[verdict.kind]);
  }

  ended(outcome: RecoveryOutcome): void {
    this.add(ENDINGS[outcome]);
  }

  private add(line: string): void {
    this.lines.push(`- ${new Date().toISOString().slice(0, 19).replace('T', ' ')} UTC: ${line}`);
    if (this.lines.length > LAST_LINES) this.lines.splice(1, 1);
    setCurrentDetails(this.lines.join('\n'));
  }
}
