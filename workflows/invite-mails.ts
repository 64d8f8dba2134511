import { CancellationScope, isCancellation, log, proxyActivities, workflowInfo } from '@temporalio/workflow';
import { deliverHooks } from './deliver-hooks.js';
import type { InviteMailJobs, InviteStanding } from './invite-ports.js';
import type { InviteStory } from './invite-story.js';
import type { InviteInput } from './messages.js';
import type { MailJobs } from './ports.js';
import { batchQueueOf, mailQueueOf } from './queues.js';
import { inviteMail, NOTICE_MAIL } from './timeouts.js';

/** What an invite's workflow sends out. None of it holds up its clock; all of it is over before it completes. */
export class InviteMails {
  private readonly mailQueue = mailQueueOf(workflowInfo().taskQueue);
  private readonly underWay = new Set<Promise<void>>();
  /** Number of the newest mail that was asked for. */
  private mailed = 0;
  private present = new CancellationScope();

  constructor(
    private readonly input: InviteInput,
    private readonly story: InviteStory,
  ) {}

  /** True when nothing is under way. */
  get areSettled(): boolean {
    return this.underWay.size === 0;
  }

  /** Lets `work` go on beside the main line. */
  doBeside(work: Promise<unknown>): void {
    const entry: Promise<void> = work.then(() => void this.underWay.delete(entry));
    this.underWay.add(entry);
  }

  /** Mails what the invite's row says is to go out next, once. */
  sendIfDue({ mail, mailKind, expiresAt }: InviteStanding): void {
    if (mail <= this.mailed) return;
    this.mailed = mail;
    // What an earlier mail says is out of date, or said again by this one.
    this.callOff();
    this.present = new CancellationScope();
    const { sendInvite } = proxyActivities<InviteMailJobs>({
      ...inviteMail(expiresAt - Date.now(), mailKind),
      taskQueue: this.input.bulk && mail === 1 ? batchQueueOf(workflowInfo().taskQueue) : this.mailQueue,
    });
    const { inviteId } = this.input;
    this.doBeside(
      this.present
        .run(() => sendInvite({ inviteId, mail }))
        .then(
          (result) => this.story.mailed(mailKind, result),
          (error: unknown) => this.story.mailFailed(mailKind, isCancellation(error)),
        ),
    );
  }

  /** Calls off the mail that is under way. */
  callOff(): void {
    this.present.cancel();
  }

  tellOfAcceptance(): void {
    const { sendInviteNotice } = proxyActivities<InviteMailJobs>({ ...NOTICE_MAIL, taskQueue: this.mailQueue });
    const { inviteId } = this.input;
    this.doBeside(
      sendInviteNotice({ inviteId }).catch(() => log.error('the notice of an accepted invite could not be mailed')),
    );
  }

  /** Somebody was in the account and set no credential: its owner is told, as after a recovery. */
  tellOfLapse(flowId: string): void {
    const { sendRecoveryNotice } = proxyActivities<MailJobs>({ ...NOTICE_MAIL, taskQueue: this.mailQueue });
    this.doBeside(
      sendRecoveryNotice({ flowId }).catch(() => log.error('the notice of a lapsed invite code could not be mailed')),
    );
  }

  /** Tells the operator's services of the end. */
  tellHooks(): void {
    if (this.input.hooks) this.doBeside(deliverHooks({ kind: 'invite', id: this.input.inviteId }));
  }
}
