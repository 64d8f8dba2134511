import {
  CancellationScope,
  condition,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { remindersOf } from './domain/machine-key-lifecycle.js';
import type { MachineKeyOutcome } from './domain/machine-key-lifecycle.js';
import { changedSignal, revokeSignal, SEARCH_ATTRIBUTES } from './messages.js';
import type { MachineKeyInput } from './messages.js';
import type { MachineKeyMails, MachineKeySteps } from './machine-key-ports.js';
import { mailQueueOf } from './queues.js';
import { FLOW_STEP, reminderMail } from './timeouts.js';

const { settleMachineKey } = proxyLocalActivities<MachineKeySteps>(FLOW_STEP);

const ENDINGS: Record<MachineKeyOutcome, string> = {
  rotated: 'Another key has taken its place. **Rotated.**',
  expired: 'Its time is over. **Expired.**',
  revoked: 'Revoked by an operator, or deleted with its machine. **Revoked.**',
};

/** What the watch waits for, one after the other. */
type Moment = { at: number; days: number } | { at: number; days: null };

/**
 * Watches over a machine's key that expires: reminds its people in time, and marks it expired. The row decides whether
 * a key is good, with or without this; a signal that is lost is made up for at the next moment. A cancellation of the
 * workflow revokes the key, like the signal.
 */
export async function machineKey(input: MachineKeyInput): Promise<MachineKeyOutcome> {
  return new Watch(input).run();
}
// Lives for as long as the key does, so it moves on to new code. The server refuses the word from unversioned workers.
setWorkflowOptions(
  () => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'AUTO_UPGRADE' } : {}),
  machineKey,
);

class Watch {
  private readonly story: string[] = [];
  private readonly reminders = new CancellationScope();
  private readonly underWay = new Set<Promise<void>>();
  private revokeAsked = false;
  /** Somebody says that the row has changed. */
  private told = false;

  constructor(private readonly input: MachineKeyInput) {
    setHandler(revokeSignal, () => void (this.revokeAsked = true), { description: 'Revoke this key now.' });
    setHandler(changedSignal, () => void (this.told = true), {
      description: 'Sent by the API when the key was revoked or another one has taken its place.',
    });
  }

  async run(): Promise<MachineKeyOutcome> {
    const { expiresAt } = this.input;
    const moments: Moment[] = [...remindersOf(Date.now(), expiresAt), { at: expiresAt, days: null }];
    this.tell(`the key is watched until ${new Date(expiresAt).toISOString()}`);
    let outcome: MachineKeyOutcome | null = null;
    for (const [index, moment] of moments.entries()) {
      outcome = await this.awaitMoment(moment);
      if (outcome !== null) break;
      if (moment.days !== null) this.remind(moment.days, moments[index + 1]?.at ?? expiresAt);
    }
    // The last moment always settles it; the fallback only tells the compiler.
    const ended = outcome ?? 'expired';
    this.reminders.cancel();
    await CancellationScope.nonCancellable(async () => {
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.outcome, value: ended }]);
      await condition(() => this.underWay.size === 0);
    });
    this.tell(ENDINGS[ended]);
    return ended;
  }

  /** Waits for a moment. Returns early, with the outcome, when the key is settled before; null when it is not by then. */
  private async awaitMoment({ at, days }: Moment): Promise<MachineKeyOutcome | null> {
    const { keyId } = this.input;
    const timer = this.timer(at - Date.now(), days === null ? 'The key expires' : `${days} days before the end`);
    for (;;) {
      await this.until(() => this.revokeAsked || this.told || timer.over);
      const due = timer.over;
      this.told = false;
      const event = this.revokeAsked ? 'revoke_asked' : due && days === null ? 'deadline_passed' : null;
      const outcome = await CancellationScope.nonCancellable(() => settleMachineKey({ keyId, event }));
      if (outcome !== null || due) return outcome;
    }
  }

  private remind(days: number, next: number): void {
    const left = days === 1 ? 'one day' : `${days} days`;
    log.warn(`a key of a machine expires in ${left}`);
    this.tell(`${left} left; whoever is in charge is reminded`);
    const { sendKeyReminder } = proxyActivities<MachineKeyMails>({
      ...reminderMail(next - Date.now(), days),
      taskQueue: mailQueueOf(workflowInfo().taskQueue),
    });
    const { keyId } = this.input;
    const mail = this.reminders
      .run(() => sendKeyReminder({ keyId, days }))
      .then(
        (result) =>
          this.tell(result === 'sent' ? 'the mail server took the reminder' : 'no mail: nobody to send it to'),
        (error: unknown) =>
          this.tell(isCancellation(error) ? 'reminder called off' : 'the reminder could not be mailed'),
      );
    const entry: Promise<void> = mail.then(() => void this.underWay.delete(entry));
    this.underWay.add(entry);
  }

  /** A named timer. It is left to die with the workflow: cancelling it would cost an event. */
  private timer(ms: number, summary: string): { over: boolean } {
    const timer = { over: false };
    sleep(Math.max(ms, 1), { summary }).then(
      () => (timer.over = true),
      () => (this.revokeAsked = true),
    );
    return timer;
  }

  private async until(fn: () => boolean): Promise<void> {
    try {
      await condition(fn);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      this.revokeAsked = true;
    }
  }

  /** Adds a line to what the Temporal UI shows as current details. Costs no history. */
  private tell(line: string): void {
    this.story.push(`- ${new Date().toISOString().slice(0, 19).replace('T', ' ')} UTC: ${line}`);
    setCurrentDetails(this.story.join('\n'));
  }
}
