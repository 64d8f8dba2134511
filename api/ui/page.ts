import { createHash } from 'node:crypto';
import { escapeHtml } from '../../platform/html.js';
import { STYLE } from './style.js';

/**
 * Headers of the service's own pages: nothing from elsewhere, no scripts, no referrer, not in frames, not kept.
 * `form-action` is left open, as Chromium applies it to the redirects that follow a form, which lead to the configured
 * pages.
 */
export const PAGE_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    // The QR code of an authenticator app.
    'img-src data:',
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const;

/** A key, for the eye only. */
const SIGN = `<svg class="sign" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="8" cy="16" r="4.5"/><path d="m11.5 12.5 9-9M17 7l3 3M14 10l2 2"/></svg>`;

/** A whole page around `body`, which is HTML that was escaped already. `wrong`: the title says that something is amiss. */
export function page(title: string, body: string, options: { wrong?: boolean } = {}): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${options.wrong ? 'Please check: ' : ''}${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${SIGN}
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** A paragraph of plain text. */
export function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

/** Links to where one can go from a page, as `[text, address]`. */
export function ways(...links: readonly (readonly [text: string, url: string])[]): string {
  const items = links.map(([text, url]) => `<li><a href="${escapeHtml(url)}">${escapeHtml(text)}</a></li>`);
  return `<ul class="ways">\n${items.join('\n')}\n</ul>`;
}
