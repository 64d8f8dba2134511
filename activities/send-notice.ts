import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { MailResult } from '../workflows/ports.js';
import { deliverToAll } from './mail/deliver-to-all.js';
import type { MailDeps } from './mail/deliver.js';
import { credentialNoticeMail } from './mail/templates.js';
import { getNotice } from './store/notices.js';

/** A change that was announced and is not written after this long was not made. */
const PATIENCE_MS = 60_000;

/**
 * Sends one notice to all the account's addresses. See `MailJobs.sendNotice`.
 */
export async function sendNotice(deps: MailDeps, { noticeId }: { noticeId: string }): Promise<MailResult> {
  const notice = await getNotice(deps.pool, noticeId);
  if (!notice) {
    const waited = Date.now() - Context.current().info.scheduledTimestampMs;
    if (waited >= PATIENCE_MS) return 'skipped';
    throw ApplicationFailure.create({ message: 'not written yet', type: 'not_yet', category: 'BENIGN' });
  }
  const recoveryUrl = new URL('self-service/recovery/browser', deps.config.serve.public.baseUrl).href;
  const { kind, happened_at: at } = notice;
  return deliverToAll(deps, {
    flowId: notice.id,
    identityId: notice.identity_id,
    template: 'credential_notice',
    issue: 1,
    values: { RecoveryURL: recoveryUrl, HappenedAt: at.toISOString(), Change: kind },
    render: () => credentialNoticeMail({ kind, at, recoveryUrl }),
  });
}
