import { createTransport } from 'nodemailer';
import type { Transporter } from 'nodemailer';
import type { Config } from '../../platform/config/config.js';

/** One try has to end well inside the activity's time: after this much silence, and after this time in all. */
const SMTP_TIMEOUT_MS = 8_000;
const TRY_TIMEOUT_MS = 25_000;

/** A mail as it goes out. */
export interface OutgoingMail {
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Without angle brackets; the same for every try of the same mail. */
  messageId: string;
}

/** What the mail server said, or why it could not be asked. */
export class MailError extends Error {
  override readonly name = 'MailError';

  constructor(
    /** True: this address or message will never be taken; trying again is useless. */
    readonly permanent: boolean,
    /** The server's reply code, or a short name of the failure. Never the server's text, which may quote the address. */
    readonly reply: string,
  ) {
    super(`mail was not taken: ${reply}`);
  }
}

/** Sends mail through the configured SMTP server. */
export interface MailTransport {
  /** Resolves when the server has taken the mail. @throws MailError */
  send(mail: OutgoingMail): Promise<void>;
  close(): void;
}

/** @param uri `smtp://user:pass@host:port/?skip_ssl_verify=true`, or `smtps://…`. */
export function createMailTransport(uri: string, courier: Config['courier']['smtp']): MailTransport {
  const transporter = openTransport(uri);
  return {
    async send(mail) {
      try {
        await transporter.sendMail({
          from: { name: courier.fromName, address: courier.fromAddress },
          // An address object is taken as it is; text would be parsed, and parsers disagree (GHSA-mm7p-fcc7-pg87).
          to: { name: '', address: mail.to },
          envelope: { from: courier.fromAddress, to: mail.to },
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: `<${mail.messageId}>`,
          headers: { ...courier.headers, 'Auto-Submitted': 'auto-generated' },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: AbortSignal.timeout(TRY_TIMEOUT_MS),
        });
      } catch (error) {
        throw toMailError(error);
      }
    },
    close: () => transporter.close(),
  };
}

function openTransport(uri: string): Transporter {
  const url = new URL(uri);
  const secure = url.protocol === 'smtps:';
  const insecureTls = url.searchParams.get('skip_ssl_verify') === 'true';
  const startTlsOff = url.searchParams.get('disable_starttls') === 'true';
  return createTransport({
    pool: true,
    maxConnections: 5,
    // The workflow tries again, and counts.
    maxRequeues: 0,
    host: url.hostname,
    port: Number(url.port || (secure ? 465 : 587)),
    secure,
    ignoreTLS: startTlsOff,
    ...(url.username && {
      auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    }),
    ...(insecureTls && { tls: { rejectUnauthorized: false } }),
    connectionTimeout: SMTP_TIMEOUT_MS,
    greetingTimeout: SMTP_TIMEOUT_MS,
    socketTimeout: SMTP_TIMEOUT_MS,
  });
}

function toMailError(error: unknown): MailError {
  const { responseCode, command, code } = error as { responseCode?: number; command?: string; code?: string };
  // A 5xx to the login or greeting is the operator's to mend, and then the mail goes out; one to the address or the
  // message is final.
  const final = responseCode !== undefined && responseCode >= 500 && /^(MAIL FROM|RCPT TO|DATA)$/.test(command ?? '');
  return new MailError(final && command !== 'MAIL FROM', String(responseCode ?? code ?? 'unreachable'));
}
