import { expect } from 'vitest';
import type { CaughtMail } from '../../stack/mail-catcher.js';
import type { Stage } from './stage.js';

const CODE = /(?<!\d)\d{6}(?!\d)/;
const LINK = /token=([0-9A-Za-z]{32})/;

/** The mails with a code or a link to an address, oldest first. */
export function mailsTo(stage: Stage, address: string): CaughtMail[] {
  const mails = stage.harness.mail.messages().filter((mail) => mail.to.includes(address));
  return mails.filter((mail) => CODE.test(mail.text) || LINK.test(mail.text));
}

/** Waits until every mail that was promised to the address is there. */
export async function settleMails(stage: Stage, address: string): Promise<CaughtMail[]> {
  const due = stage.promised.get(address) ?? 0;
  await expect.poll(() => mailsTo(stage, address).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(due);
  return mailsTo(stage, address);
}

/**
 * Binds the placeholders in `text` that stand for something mailed: `{mailcode.ss.1.2}` is the code in the second mail
 * to the address `{email.ss.1}`, `{maillink.ss.1.2}` the token in its link.
 */
export async function bindMailed(stage: Stage, text: string): Promise<void> {
  for (const [, name = '', kind, prefix, person, nth] of text.matchAll(
    /\{((mailcode|maillink)\.(\w+)\.(\d+)\.(\d+))\}/g,
  )) {
    const mails = await settleMails(stage, stage.bindings.get(`email.${prefix}.${person}`));
    const mail = mails[Number(nth) - 1];
    const found = kind === 'mailcode' ? CODE.exec(mail?.text ?? '')?.[0] : LINK.exec(mail?.text ?? '')?.[1];
    if (found !== undefined) stage.bindings.bind(name, found);
  }
}

/** Facts of the newest mail to an address. */
export async function mailFacts(stage: Stage, email: string): Promise<Record<string, string | boolean>> {
  const address = stage.bindings.get(email);
  await expect
    .poll(() => stage.harness.mail.messages().some((mail) => mail.to.includes(address)), { timeout: 20_000 })
    .toBe(true);
  const mail = stage.harness.mail
    .messages()
    .filter(({ to }) => to.includes(address))
    .at(-1);
  const link = LINK.test(mail?.text ?? '');
  return {
    to: mail?.to.join() ?? '',
    from: mail?.headers['from'] ?? '',
    type: (mail?.headers['content-type'] ?? '').split(';')[0] ?? '',
    code: CODE.test(mail?.text ?? '') && !link,
    link,
  };
}
