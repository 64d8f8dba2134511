import { inWords, minuteOf } from './templates.js';

/**
 * The built-in text messages. The last line of one with a code lets telephones fill the code in, on the pages of `host`
 * only (the form is that of "Origin-bound one-time codes delivered via SMS", WICG).
 */
export function codeSms(values: {
  what: 'get back into your account' | 'confirm this number';
  code: string;
  lifeMs: number;
  host: string;
}): string {
  const { what, code, lifeMs, host } = values;
  return `${code} is your code to ${what}. It works once, for ${inWords(lifeMs)}. Nobody of ours will ask you for it.\n\n@${host} #${code}`;
}

/** A text message with a link. */
export function linkSms(values: {
  what: 'get back into your account' | 'confirm this number';
  link: string;
  lifeMs: number;
}): string {
  return `To ${values.what}, open this page within ${inWords(values.lifeMs)}: ${values.link}`;
}

/** Tells that an account was recovered. */
export function recoveryNoticeSms(values: { at: Date; recoveryUrl: string }): string {
  return `On ${minuteOf(values.at)} somebody got back into your account. Was it not you? Take it back here: ${values.recoveryUrl}`;
}
