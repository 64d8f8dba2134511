import { isCancellation, log, proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { NoticeInput } from './messages.js';
import type { FlowSteps, MailJobs, MailResult } from './ports.js';
import { mailQueueOf } from './queues.js';
import { FLOW_STEP, NOTICE_MAIL } from './timeouts.js';

const steps = proxyLocalActivities<FlowSteps>(FLOW_STEP);

/**
 * Tells an account's owner of one changed credential, in spite of processes that die and mail servers that are away. It
 * starts before the change: if that is not made after all, there is nothing to tell, and the result is `skipped`.
 */
export async function notice({ noticeId }: NoticeInput): Promise<MailResult | 'undeliverable'> {
  const taskQueue = mailQueueOf(workflowInfo().taskQueue);
  const { sendNotice } = proxyActivities<Pick<MailJobs, 'sendNotice'>>({ ...NOTICE_MAIL, taskQueue });
  try {
    return await sendNotice({ noticeId });
  } catch (error) {
    if (isCancellation(error)) throw error;
    // Days without a mail server, or no address takes mail. The change itself is done and stays done.
    log.error('the notice of a changed credential could not be mailed');
    await steps.giveUpMessages({ flowId: noticeId });
    return 'undeliverable';
  }
}
