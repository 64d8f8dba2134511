import { inWords, letter, minuteOf } from './templates.js';
import type { Paragraph, RenderedMail } from './templates.js';

/** What the mail of an invite says. `link` leads to its page, or, without a `code`, carries the token itself. */
export interface InviteMailValues {
  /** Who invites. */
  service: string;
  link: string;
  code?: string;
  reminder: boolean;
  lifeMs: number;
  expiresAt: Date;
}

/** An invite, or a reminder of one. */
export function inviteMail(values: InviteMailValues): RenderedMail {
  const { service, link, code, reminder } = values;
  const life = inWords(values.lifeMs);
  const opening = reminder
    ? `A while ago you were invited to ${service}. The invitation ends in ${life}.`
    : `You are invited to ${service}: an account was made for you, and waits for you to choose a password.`;
  const way: Paragraph[] =
    code === undefined
      ? ['Open this page to accept:', { link }]
      : ['Open this page to accept:', { link }, 'It asks for this code:', { code }];
  return letter(reminder ? `Your invitation to ${service} ends in ${life}` : `You are invited to ${service}`, [
    opening,
    ...way,
    `It works once, until ${minuteOf(values.expiresAt)}. A newer message makes it useless.`,
    'You do not want it? On the same page you can decline. You do not know what this is about? Then do nothing: nobody gets in without this message.',
  ]);
}

/** Tells that an invite was accepted, and how to object. */
export function inviteAcceptedMail(values: { service: string; at: Date; recoveryUrl: string }): RenderedMail {
  return letter(`Welcome to ${values.service}`, [
    `On ${minuteOf(values.at)} the invitation to ${values.service} was accepted and a password was set for your account.`,
    'If that was you, all is well: from now on you sign in with this address and your password.',
    'If it was not you, somebody can read your mail or was given your code. Secure your mailbox first, then take the account here, and tell the people who run this service:',
    { link: values.recoveryUrl },
  ]);
}
