import { ApplicationFailure } from '@temporalio/common';
import { viaOf } from '../../platform/addresses.js';
import type { ActivityDeps } from '../flow-steps.js';
import { beginMessage, recordTry } from '../store/courier-messages.js';
import type { TemplateType } from '../store/courier-messages.js';
import { getIdentity } from '../store/identities.js';
import { localeOf } from './locale.js';
import type { SmsTransport } from './sms.js';
import type { MailTemplates, TemplateValues } from './template/mail-templates.js';
import type { RenderedMail } from './templates.js';
import { MailError } from './transport.js';
import type { MailTransport } from './transport.js';

/** What mail jobs need beside the rest. */
export interface MailDeps extends ActivityDeps {
  readonly mail: MailTransport;
  /** Undefined: text messages cannot be sent. */
  readonly sms: SmsTransport | undefined;
  readonly templates: MailTemplates;
}

/** One message to one recipient. */
export interface Delivery {
  flowId: string;
  identityId: string | null;
  template: TemplateType;
  /** Which sending of this template for this flow. */
  issue: number;
  /** A stored e-mail address or telephone number, never one that was typed. */
  recipient: string;
  /** Makes the built-in mail; called for each try, so that nothing rendered is stored. */
  render: () => RenderedMail;
  /** The same as a text message; without it, the text of the mail. */
  sms?: () => string;
  /** The language to write in, where that is not up to the person. */
  locale?: string | null;
  /** What an operator's template can name beside `To`, `Identity` and `Locale`. */
  values?: TemplateValues;
}

/**
 * Sends one message at least once, by mail or as a text message. One that our records call sent is not sent again; if
 * the process dies between the server's 250 and our record, the second mail has the same Message-ID and is one message
 * to a mail reader.
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
    await send(deps, delivery);
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

async function send(deps: MailDeps, delivery: Delivery): Promise<void> {
  const { flowId, template, issue, recipient } = delivery;
  const messageId = `${template}.${flowId}.${issue}`;
  if (viaOf(recipient) === 'email') {
    const mail = await renderMail(deps, delivery);
    return deps.mail.send({ to: recipient, messageId: `${messageId}@${mailDomain(deps)}`, ...mail });
  }
  // As in Kratos; there after six tries, which cannot help.
  if (!deps.sms) throw new MailError(true, 'no courier channel is configured for sms');
  const { values, locale } = await templateValues(deps, delivery);
  const body = deps.templates.sms(template, delivery.sms?.() ?? delivery.render().text, values, locale);
  return deps.sms.send({ to: recipient, body, templateType: template, messageId, values });
}

async function renderMail(deps: MailDeps, delivery: Delivery): Promise<RenderedMail> {
  const builtIn = delivery.render();
  if (!deps.templates.has(delivery.template)) return builtIn;
  const { values, locale } = await templateValues(deps, delivery);
  return deps.templates.email(delivery.template, builtIn, values, locale);
}

/** What templates can name. Of the person only what the person may see. */
async function templateValues(
  deps: MailDeps,
  { identityId, recipient, values, locale: wanted }: Delivery,
): Promise<{ values: TemplateValues; locale: string | null }> {
  const person = identityId === null ? undefined : await getIdentity(deps.pool, identityId);
  const locale = wanted ?? (person ? localeOf(person) : null);
  const shown = person && {
    id: person.id,
    schema_id: person.schema_id,
    state: person.state,
    traits: person.traits,
    metadata_public: person.metadata_public,
  };
  return { values: { ...values, To: recipient, Locale: locale ?? '', Identity: shown ?? {} }, locale };
}

function mailDomain(deps: ActivityDeps): string {
  return deps.config.courier.smtp.fromAddress.split('@').at(-1) ?? 'localhost';
}
