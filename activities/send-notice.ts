import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { MailResult } from '../workflows/ports.js';
import { deliver } from './mail/deliver.js';
import type { MailDeps } from './mail/deliver.js';
import { credentialNoticeMail } from './mail/templates.js';
import { getNotice } from './store/notices.js';
import type { Notice } from './store/notices.js';
import { emailAddressesOf } from './store/recovery-addresses.js';

/** A change that was announced and is not written after this long was not made. */
const PATIENCE_MS = 60_000;

/**
 * Mails one notice to all the account's addresses. One that refuses mail does not keep it from the others. See
 * `MailJobs.sendNotice`.
 */
export async function sendNotice(deps: MailDeps, { noticeId }: { noticeId: string }): Promise<MailResult> {
  const notice = await getNotice(deps.pool, noticeId);
  if (!notice) {
    const waited = Date.now() - Context.current().info.scheduledTimestampMs;
    if (waited >= PATIENCE_MS) return 'skipped';
    throw ApplicationFailure.create({ message: 'not written yet', type: 'not_yet', category: 'BENIGN' });
  }
  const results = [];
  for (const recipient of await emailAddressesOf(deps.pool, notice.identity_id)) {
    results.push(await sendOne(deps, notice, recipient).catch(failureOf));
  }
  const failures = results.filter((result) => result instanceof ApplicationFailure);
  const delayed = failures.find(({ nonRetryable }) => !nonRetryable);
  if (delayed) throw delayed;
  if (results.includes('sent')) return 'sent';
  if (failures[0]) throw failures[0];
  return 'skipped';
}

function failureOf(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  throw error;
}

function sendOne(deps: MailDeps, notice: Notice, recipient: string): Promise<unknown> {
  const recoveryUrl = new URL('self-service/recovery/browser', deps.config.serve.public.baseUrl).href;
  return deliver(deps, {
    flowId: notice.id,
    identityId: notice.identity_id,
    template: 'credential_notice',
    issue: 1,
    recipient,
    render: () => credentialNoticeMail({ kind: notice.kind, at: notice.happened_at, recoveryUrl }),
  });
}
