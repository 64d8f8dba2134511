import type { RenderedMail } from './templates.js';
import { inWords, letter } from './templates.js';

/** The code of a recovery that an administrator began, with the page that asks for it: its owner has none open. */
export function requiredRecoveryMail(values: { code: string; page: string; lifeMs: number }): RenderedMail {
  return letter('Please set a new way into your account', [
    'Those who run this service ask you to prove that your account is yours and to set a new password. Open this page:',
    { link: values.page },
    'and enter this code there:',
    { code: values.code },
    `It works once, and for ${inWords(values.lifeMs)}. Later, ask for a new one on the page for lost passwords.`,
    'Nobody of ours will ever ask you for the code.',
  ]);
}
