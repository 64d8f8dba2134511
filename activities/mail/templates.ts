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

type Paragraph = string | { code: string } | { link: string };

function letter(subject: string, paragraphs: Paragraph[]): RenderedMail {
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

/** Makes text safe inside HTML content and quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
