import { escapeHtml } from '../../platform/html.js';
import type { NoticeKind } from '../store/notices.js';

/**
 * The mails, as plain text and HTML. Values are escaped here and nowhere else: whatever a trait holds arrives inert.
 */

/** A rendered mail. */
export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

/** Writes a length of time as people say it: `40 seconds`, `15 minutes`, `1 hour`, `3 days`. */
export function inWords(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1_000],
  ] as const;
  // The moments between issuing and mailing do not make an hour '59 minutes'.
  const rounded = ms >= 120_000 ? Math.round(ms / 60_000) * 60_000 : Math.round(ms / 1_000) * 1_000;
  // Two of a unit, or exactly one: 90 minutes stays minutes, 60 minutes is an hour.
  const [name, size] = units.find(([, size]) => rounded >= 2 * size || rounded === size) ?? units[3];
  const count = Math.max(1, Math.floor(rounded / size));
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** The code of a recovery. The subject stays free of it: subjects show on locked screens and in logs. */
export function recoveryCodeMail(values: { code: string; lifeMs: number }): RenderedMail {
  const life = inWords(values.lifeMs);
  return letter('Your code to get back into your account', [
    'Somebody, we hope you, asked to get back into your account. Enter this code on the page that asks for it:',
    { code: values.code },
    `It works once, and for ${life}. A newer message makes it useless.`,
    'It was not you? Then do nothing: without the code nobody gets in. Nobody of ours will ever ask you for it.',
  ]);
}

/** The link of a recovery. */
export function recoveryLinkMail(values: { link: string; lifeMs: number }): RenderedMail {
  return letter('Your link to get back into your account', [
    'Somebody, we hope you, asked to get back into your account. Open this page and confirm there:',
    { link: values.link },
    `It works once, and for ${inWords(values.lifeMs)}.`,
    'It was not you? Then do nothing: without the link nobody gets in.',
  ]);
}

/** For an address that no account has, if the operator wants such mails sent. */
export function unknownRecipientMail(): RenderedMail {
  return letter('There is no account for this address', [
    'Somebody asked to get back into an account with this address, but we know of none.',
    'If it was you, perhaps you signed up with another address: try that one.',
    'If it was not you, nothing needs doing.',
  ]);
}

/** The code that confirms an address, and a link to the page that asks for it. */
export function verificationCodeMail(values: { code: string; link: string; lifeMs: number }): RenderedMail {
  return letter('Your code to confirm this address', [
    'Somebody, we hope you, gave this address as theirs. Enter this code on the page that asks for it:',
    { code: values.code },
    'Or open the page from here:',
    { link: values.link },
    `The code works once, and for ${inWords(values.lifeMs)}. A newer message makes it useless.`,
    'It was not you? Then do nothing: without the code the address is not confirmed.',
  ]);
}

/** The link that confirms an address. */
export function verificationLinkMail(values: { link: string; lifeMs: number }): RenderedMail {
  return letter('Your link to confirm this address', [
    'Somebody, we hope you, gave this address as theirs. Open this page and confirm there:',
    { link: values.link },
    `It works once, and for ${inWords(values.lifeMs)}.`,
    'It was not you? Then do nothing: without the link the address is not confirmed.',
  ]);
}

/** For an address to be confirmed that no account has, if the operator wants such mails sent. */
export function unknownVerificationMail(): RenderedMail {
  return letter('There is no account for this address', [
    'Somebody wanted to confirm this address, but we know of no account that has it.',
    'If it was you, perhaps you signed up with another address: try that one.',
    'If it was not you, nothing needs doing.',
  ]);
}

/** Tells that an account was recovered, and how to object. */
export function recoveryNoticeMail(values: { at: Date; passwordSet: boolean; recoveryUrl: string }): RenderedMail {
  const when = `${values.at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const what = values.passwordSet
    ? `On ${when} somebody got back into your account with a recovery code and set a new password.`
    : `On ${when} somebody got into your account with a recovery code. The password was not changed.`;
  return letter('Your account was recovered', [
    what,
    'If that was you, all is well.',
    'If it was not you, somebody can read your mail or was given your code. Secure your mailbox first, then take your account back here, and tell the people who run this service:',
    { link: values.recoveryUrl },
  ]);
}

const CHANGES: Record<NoticeKind, { subject: string; what: string }> = {
  password_changed: { subject: 'Your password was changed', what: 'the password of your account was changed' },
  totp_added: { subject: 'An authenticator app was set up', what: 'an authenticator app was set up for your account' },
  totp_removed: {
    subject: 'The authenticator app was removed',
    what: 'the authenticator app was removed from your account',
  },
  lookup_secrets_made: { subject: 'New backup codes were made', what: 'new backup codes were made for your account' },
  lookup_secrets_removed: {
    subject: 'The backup codes were removed',
    what: 'the backup codes were removed from your account',
  },
};

/** Tells that a credential was changed by somebody who was signed in, and how to object. */
export function credentialNoticeMail(values: { kind: NoticeKind; at: Date; recoveryUrl: string }): RenderedMail {
  const { subject, what } = CHANGES[values.kind];
  return letter(subject, [
    `On ${minuteOf(values.at)} ${what}.`,
    'If that was you, all is well.',
    'If it was not you, somebody is signed in as you. Take your account back here, choose a new password, and tell the people who run this service:',
    { link: values.recoveryUrl },
  ]);
}

/** A point in time as people read it: `2026-01-31 12:00 UTC`. */
export function minuteOf(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A part of a letter: text, a code or a link, each on its own. */
export type Paragraph = string | { code: string } | { link: string };

/** A mail of paragraphs, in both forms. */
export function letter(subject: string, paragraphs: Paragraph[]): RenderedMail {
  const text = paragraphs.map((part) => (typeof part === 'string' ? part : 'code' in part ? part.code : part.link));
  const body = paragraphs.map((part) => {
    if (typeof part === 'string') return `<p>${escapeHtml(part)}</p>`;
    if ('code' in part) {
      return `<p style="font:700 1.75em monospace;letter-spacing:.2em">${escapeHtml(part.code)}</p>`;
    }
    return `<p><a href="${escapeHtml(part.link)}">${escapeHtml(part.link)}</a></p>`;
  });
  return {
    subject,
    text: `${text.join('\n\n')}\n`,
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head><body style="font:1em/1.5 sans-serif;max-width:36em">${body.join('')}</body></html>`,
  };
}
