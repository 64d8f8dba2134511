import type { HttpRequest } from '../../platform/config/config.js';
import { createRequestSender, RequestError } from '../http-request.js';
import type { TemplateValues } from './template/mail-templates.js';
import { MailError } from './transport.js';

/** Sends text messages through a provider's HTTP interface. */
export interface SmsTransport {
  /** Resolves when the provider has taken the message. @throws MailError */
  send(message: OutgoingSms): Promise<void>;
}

/** A text message as it goes out. */
export interface OutgoingSms {
  /** A stored telephone number. */
  to: string;
  body: string;
  templateType: string;
  /** The same for every try of the same message: providers that know `Idempotency-Key` send it once. */
  messageId: string;
  /** What the configured body can name beside `Recipient` and `Body`. */
  values: TemplateValues;
}

/** Statuses that say that this message will never be taken; any other may be mended by the operator or by time. */
const FINAL = [400, 404, 410, 413, 422];

/** A transport for `courier.channels`' entry `sms`. */
export function createSmsTransport(request: HttpRequest): SmsTransport {
  const sender = createRequestSender(request);
  return {
    async send({ to, body, templateType, messageId, values }) {
      const content = sender.body(
        { ...values, Recipient: to, Body: body, TemplateType: templateType },
        { recipient: to, body, template_type: templateType },
      );
      try {
        await sender.send(content, { 'idempotency-key': messageId });
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        throw new MailError(error.status !== null && FINAL.includes(error.status), error.reply);
      }
    },
  };
}
