import { createHash } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { CaughtMail, MailStore } from './mail-store.js';

const REFRESH_SECONDS = 5;

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid #8886; vertical-align: top }
td { overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem }
dd { margin: 0; overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #8886; padding: 1rem }
iframe { width: 100%; height: 32rem; border: 1px solid #8886; background: #fff }
`;

const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A mail's own HTML: no scripts, no forms, nothing from the network. Links open in a new window. */
const LINKS_ONLY = 'allow-popups allow-popups-to-escape-sandbox';
const MAIL_POLICY = `sandbox ${LINKS_ONLY}; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'`;

/**
 * The web inbox of the mail catcher: `GET /`, `GET /messages/<id>`, `GET /messages/<id>/html`,
 * `GET /api/messages?to=`, `DELETE /api/messages`. Works without JavaScript and loads nothing from elsewhere.
 */
export function inboxHandler(store: MailStore, host: string): RequestListener {
  return (request, response) => {
    if (!hostIsOurs(request, host)) {
      send(response, 421, 'text/plain', 'Open this inbox under localhost or its IP address.\n');
      return;
    }
    route(store, request, response).catch(() => {
      if (!response.headersSent) send(response, 500, 'text/plain', 'The inbox failed.\n');
    });
  };
}

/** Mails hold recovery codes, so no page of another site may read them through a name that resolves to this machine. */
function hostIsOurs(request: IncomingMessage, host: string): boolean {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === host || isIP(name) !== 0;
}

async function route(store: MailStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://inbox');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (url.pathname === '/api/messages') {
    if (method === 'DELETE') {
      await store.clear();
      response.writeHead(204).end();
    } else if (method === 'GET') {
      const to = url.searchParams.get('to')?.toLowerCase();
      const found = store
        .list()
        .filter((mail) => to === undefined || mail.to.some((entry) => entry.toLowerCase() === to));
      send(response, 200, 'application/json', JSON.stringify(found.toReversed()));
    } else {
      send(response, 405, 'text/plain', 'GET or DELETE.\n', { allow: 'GET, DELETE' });
    }
    return;
  }
  if (method !== 'GET') {
    send(response, 405, 'text/plain', 'GET only.\n', { allow: 'GET' });
    return;
  }
  if (url.pathname === '/') {
    const refreshing = url.searchParams.get('refresh') !== 'off';
    send(response, 200, 'text/html', listPage(store.list().toReversed(), refreshing), {
      'content-security-policy': PAGE_POLICY,
    });
    return;
  }
  const [, id = '', html] = /^\/messages\/([\w-]+)(\/html)?$/.exec(url.pathname) ?? [];
  const mail = store.find(id);
  if (mail === undefined) {
    send(response, 404, 'text/html', page('Not found', '<p>There is no such mail. <a href="/">All mails</a></p>'), {
      'content-security-policy': PAGE_POLICY,
    });
  } else if (html === undefined) {
    send(response, 200, 'text/html', mailPage(mail), { 'content-security-policy': PAGE_POLICY });
  } else {
    send(response, 200, 'text/html', `<base target="_blank">${mail.html ?? ''}`, {
      'content-security-policy': MAIL_POLICY,
    });
  }
}

function listPage(mails: readonly CaughtMail[], refreshing: boolean): string {
  const rows = mails.map(
    (mail) => `<tr>
<td><a href="/messages/${mail.id}">${escape(mail.subject || '(no subject)')}</a></td>
<td>${escape(mail.to.join(', '))}</td>
<td>${time(mail.receivedAt)}</td>
</tr>`,
  );
  const table =
    rows.length === 0
      ? '<p>No mail yet.</p>'
      : `<table>
<thead><tr><th scope="col">Subject</th><th scope="col">To</th><th scope="col">Received</th></tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table>`;
  const toggle = refreshing
    ? `<p>This page reloads every ${REFRESH_SECONDS} seconds. <a href="/?refresh=off">Stop reloading</a></p>`
    : '<p>This page does not reload by itself. <a href="/">Reload every few seconds</a></p>';
  return page(
    `Inbox (${mails.length})`,
    toggle + table,
    refreshing ? `<meta http-equiv="refresh" content="${REFRESH_SECONDS}">` : '',
  );
}

function mailPage(mail: CaughtMail): string {
  const html =
    mail.html === null
      ? ''
      : `<h2>HTML</h2>
<iframe src="/messages/${mail.id}/html" sandbox="${LINKS_ONLY}" referrerpolicy="no-referrer" title="The mail as HTML"></iframe>`;
  return page(
    mail.subject || '(no subject)',
    `<p><a href="/">All mails</a></p>
<dl>
<dt>From</dt><dd>${escape(mail.headers['from'] ?? mail.from)}</dd>
<dt>To</dt><dd>${escape(mail.to.join(', '))}</dd>
<dt>Received</dt><dd>${time(mail.receivedAt)}</dd>
<dt>Message-ID</dt><dd>${escape(mail.messageId)}</dd>
</dl>
<h2>Text</h2>
<pre>${withLinks(mail.text)}</pre>
${html}
<details><summary>All header fields</summary>
<pre>${escape(
      Object.entries(mail.headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n'),
    )}</pre>
</details>`,
  );
}

function page(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${head}
<title>${escape(title)} - Latchkey mail catcher</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

function time(iso: string): string {
  return `<time datetime="${escape(iso)}">${escape(iso.slice(0, 19).replace('T', ' '))} UTC</time>`;
}

/** Escapes the text and turns its web addresses into links, without a full stop that merely follows one. */
function withLinks(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)])/)
    .map((part, index) =>
      index % 2 === 0 ? escape(part) : `<a href="${escape(part)}" rel="noreferrer">${escape(part)}</a>`,
    )
    .join('');
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Record<string, string> = {},
): void {
  response
    .writeHead(status, {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      ...headers,
    })
    .end(body);
}
