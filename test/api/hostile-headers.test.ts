import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import type { RawAnswer } from '../support/raw-http.js';
import { sendRaw } from '../support/raw-http.js';
import type { Person } from '../support/story.js';
import { createPerson, signIn } from '../support/story.js';

const PASSWORD = 'old-horse-battery-1';
const EVIL = 'evil.test';

/** Every way in which a request may claim to have been sent to another host. */
const CLAIMS = [
  `Host: ${EVIL}`,
  `Host: ${EVIL}:4433`,
  `Host: x\r\nX-Forwarded-Host: ${EVIL}`,
  `Host: x\r\nX-Forwarded-Host: ${EVIL}, x\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 444\r\nX-Forwarded-Prefix: /${EVIL}`,
  `Host: x\r\nForwarded: for=1.2.3.4;host=${EVIL};proto=https`,
  `Host: x\r\nX-Host: ${EVIL}\r\nX-Original-Host: ${EVIL}\r\nX-Forwarded-Server: ${EVIL}\r\nX-HTTP-Host-Override: ${EVIL}`,
  `Host: x\r\nX-Original-URL: http://${EVIL}/\r\nX-Rewrite-URL: http://${EVIL}/\r\nReferer: http://${EVIL}/\r\nOrigin: http://${EVIL}`,
];

let harness: Harness;
let person: Person;
let token: string;
beforeAll(async () => {
  harness = await startHarness({
    config: { selfservice: { flows: { recovery: { use: 'link' } }, methods: { link: { enabled: true } } } },
  });
  person = await createPerson(harness, PASSWORD);
  token = (await signIn(harness, person.email, PASSWORD)).json.session_token as string;
});
afterAll(() => harness.stop());

function request(method: string, path: string, headers: string, body?: unknown): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  const about =
    body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\n${headers}\r\nConnection: close\r\n${about}\r\n${text}`;
}

/** Every request whose answer has an address of the service in it, or stores one. */
function linksMade(): [url: string, method: string, path: string, body?: unknown][] {
  const { publicUrl, adminUrl } = harness;
  return [
    [publicUrl, 'GET', '/self-service/recovery/api'],
    [publicUrl, 'GET', '/self-service/recovery/browser'],
    [publicUrl, 'GET', '/self-service/login/browser'],
    [publicUrl, 'GET', '/self-service/settings/api'],
    [publicUrl, 'GET', '/ui/recovery'],
    [publicUrl, 'GET', '/schemas'],
    [publicUrl, 'GET', '/admin/identities'],
    [publicUrl, 'GET', '/sessions/whoami'],
    [adminUrl, 'GET', '/self-service/recovery/api'],
    [adminUrl, 'GET', '/schemas/default'],
    [adminUrl, 'GET', '/admin/identities'],
    [adminUrl, 'GET', `/admin/identities/${person.id}`],
    [adminUrl, 'POST', '/admin/recovery/code', { identity_id: person.id }],
    [adminUrl, 'POST', '/admin/recovery/link', { identity_id: person.id }],
  ];
}

function expectOwn({ status, head, text }: RawAnswer, name: string): void {
  expect.soft(status, `${name}: ${text}`).toBeLessThan(500);
  expect.soft(head, name).not.toContain(EVIL);
  expect.soft(text, name).not.toContain(EVIL);
}

it.each(CLAIMS)('no answer takes a host from %j', async (claim) => {
  for (const [url, method, path, body] of linksMade()) {
    for (const accept of ['Accept: application/json', 'Accept: text/html']) {
      const headers =
        `${claim}\r\n${accept}\r\n${path.includes('recovery/') ? '' : `X-Session-Token: ${token}`}`.trim();
      expectOwn(await sendRaw(url, request(method, path, headers, body)), `${method} ${path}`);
    }
  }
  const stored = await harness.pool.query(
    `SELECT request_url FROM recovery_flows UNION SELECT request_url FROM login_flows`,
  );
  expect(JSON.stringify(stored.rows)).not.toContain(EVIL);
});

it('no answer takes a host from a request line with a whole URL', async () => {
  for (const [url, method, path, body] of linksMade()) {
    for (const origin of [`http://${EVIL}`, `http://${EVIL}:4433`, `https://user@${EVIL}`]) {
      const headers = `Host: x\r\nX-Session-Token: ${path.includes('recovery/') ? '' : token}`;
      expectOwn(await sendRaw(url, request(method, `${origin}${path}`, headers, body)), `${method} ${origin}${path}`);
    }
  }
  const stored = await harness.pool.query(
    `SELECT request_url FROM recovery_flows UNION SELECT request_url FROM login_flows`,
  );
  expect(JSON.stringify(stored.rows)).not.toContain(EVIL);
});

it('no mailed link takes one', async () => {
  for (const claim of CLAIMS.filter((each) => !each.includes('Origin'))) {
    const begun = await sendRaw(harness.publicUrl, request('GET', '/self-service/recovery/api', claim));
    const path = `/self-service/recovery?flow=${begun.json.id as string}`;
    const asked = await sendRaw(
      harness.publicUrl,
      request('POST', path, claim, { method: 'link', email: person.email }),
    );
    expect(asked.status, asked.text).toBe(200);
    const mail = await harness.mail.waitFor(({ messageId }) => messageId.includes(begun.json.id as string), 15_000);
    expect(mail.text).toContain(`${harness.publicUrl}/self-service/recovery?flow=`);
    expect(JSON.stringify(mail)).not.toContain(EVIL);
  }
});
