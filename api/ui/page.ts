import { escapeHtml } from '../../activities/mail/templates.js';

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; padding: 2rem 1rem; }
main { max-width: 28rem; margin: 0 auto; }
h1 { font-size: 1.5rem; line-height: 1.25; }
form { display: grid; gap: 0.5rem; margin: 1.5rem 0; }
label { font-weight: 600; margin-top: 0.5rem; }
input { font: inherit; padding: 0.6rem; border: 1px solid #767676; border-radius: 0.4rem; }
input[autocomplete="one-time-code"] { letter-spacing: 0.25em; font-size: 1.25rem; }
button { font: inherit; font-weight: 600; padding: 0.7rem; margin-top: 0.5rem; border: 1px solid transparent; border-radius: 0.4rem; background: #1a56b0; color: #fff; cursor: pointer; }
button.quiet { background: none; border-color: currentcolor; color: inherit; }
:is(input, button, a):focus-visible { outline: 3px solid #e8a317; outline-offset: 2px; }
.message { padding: 0.75rem 1rem; border-left: 0.3rem solid #1a56b0; background: #1a56b01a; }
.message.error { border-color: #b3261e; background: #b3261e1a; }
.message.success { border-color: #146c2e; background: #146c2e1a; }
.field-error { color: light-dark(#b3261e, #ff9c94); margin: 0; }
`;

/**
 * Headers of the service's own pages: nothing from elsewhere, no scripts, no referrer, not in frames, not kept.
 * `form-action` is left open, as Chromium applies it to the redirects that follow a form, which lead to the configured
 * pages.
 */
export const PAGE_HEADERS = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const;

/** A whole page around `body`, which is HTML that was escaped already. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}
