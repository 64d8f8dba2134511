import { ApplicationFailure } from '@temporalio/common';
import type { ActivityDeps } from '../flow-steps.js';
import { beginMessage, recordTry } from '../store/courier-messages.js';
import type { TemplateType } from '../store/courier-messages.js';
import type { RenderedMail } from './templates.js';
import { MailError } from './transport.js';
import type { MailTransport } from './transport.js';

/** What mail jobs need beside the rest. */
export interface MailDeps extends ActivityDeps {
  readonly mail: MailTransport;
}

/** One mail to one recipient. */
export interface Delivery {
  flowId: string;
  identityId: string | null;
  template: TemplateType;
  /** Which sending of this template for this flow. */
  issue: number;
  /** A stored address, never one that was typed. */
  recipient: string;
  /** Makes the mail; called for each try, so that nothing rendered is stored. */
  render: () => RenderedMail;
}

/**
 * Sends one mail at least once. A mail that our records call sent is not sent again; if the process dies between the
 * server's 250 and our record, the second mail has the same Message-ID and is one message to a mail reader.
 *
 * @returns `abandoned` when it was given up before: refused, or overtaken by the end of its flow
 * @throws ApplicationFailure `mail_refused` (final) or `mail_delayed` (to be tried again).
 */
export async function deliver(deps: MailDeps, delivery: Delivery): Promise<'sent' | 'abandoned'> {
  const { flowId, template, issue, recipient } = delivery;
  const now = (): Date => new Date(deps.now());
  const message = await beginMessage(deps.pool, {
    dedupKey: `${flowId}|${template}|${issue}|${deps.keys.addressDigest(recipient)}`,
    flowId,
    identityId: delivery.identityId,
    template,
    recipient,
    now: now(),
  });
  if (message.status === 'sent' || message.status === 'abandoned') return message.status;

  try {
    const messageId = `${template}.${flowId}.${issue}@${mailDomain(deps)}`;
    await deps.mail.send({ to: recipient, messageId, ...delivery.render() });
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    await recordTry(deps.pool, message.id, error.permanent ? 'abandoned' : 'queued', error.reply, now());
    if (error.permanent) throw ApplicationFailure.nonRetryable(`refused with ${error.reply}`, 'mail_refused');
    throw ApplicationFailure.create({
      message: `not taken yet: ${error.reply}`,
      type: 'mail_delayed',
      category: 'BENIGN',
    });
  }
  await recordTry(deps.pool, message.id, 'sent', null, now());
  return 'sent';
}

/** True when the error says that the mail server will never take the mail. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ApplicationFailure && error.type === 'mail_refused';
}

function mailDomain(deps: ActivityDeps): string {
  return deps.config.courier.smtp.fromAddress.split('@').at(-1) ?? 'localhost';
}
