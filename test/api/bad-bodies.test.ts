import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import { wrongRefusal } from '../support/refused.js';
import type { ExpectedRefusal } from '../support/refused.js';
import { rowCounts } from '../support/row-counts.js';
import { askForCode, createPerson, signIn } from '../support/story.js';

const PASSWORD = 'old-horse-battery-1';
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

let harness: Harness;
/** Where each kind of body goes. */
const targets: Record<string, { method: string; url: string; headers?: Record<string, string> }> = {};
beforeAll(async () => {
  harness = await startHarness();
  const { id, email } = await createPerson(harness, PASSWORD);
  const token = (await signIn(harness, email, PASSWORD)).json.session_token as string;
  const session = { 'x-session-token': token };
  const settings = await harness.api('GET', '/self-service/settings/api', { headers: session });
  const login = await harness.api('GET', '/self-service/login/api');
  const asked = await askForCode(harness, `nobody-${email}`);
  const { publicUrl, adminUrl } = harness;
  Object.assign(targets, {
    'admin code': { method: 'POST', url: `${adminUrl}/admin/recovery/code` },
    'admin link': { method: 'POST', url: `${adminUrl}/admin/recovery/link` },
    'new identity': { method: 'POST', url: `${adminUrl}/admin/identities` },
    'changed identity': { method: 'PUT', url: `${adminUrl}/admin/identities/${id}` },
    'patched identity': { method: 'PATCH', url: `${adminUrl}/admin/identities/${id}` },
    'many identities': { method: 'PATCH', url: `${adminUrl}/admin/identities` },
    recovery: { method: 'POST', url: `${publicUrl}/self-service/recovery?flow=${asked}` },
    'link click': { method: 'POST', url: `${publicUrl}/self-service/recovery/confirm?flow=${asked}` },
    settings: {
      method: 'POST',
      url: `${publicUrl}/self-service/settings?flow=${settings.json.id as string}`,
      headers: session,
    },
    'sign-in': { method: 'POST', url: `${publicUrl}/self-service/login?flow=${login.json.id as string}` },
  });
});
afterAll(() => harness.stop());

const nested = (depth: number): string => `{"traits":${'['.repeat(depth)}${']'.repeat(depth)}}`;

interface BadBody extends ExpectedRefusal {
  body: string | Buffer;
  type?: string;
  headers?: Record<string, string>;
}

const BAD_BODIES: BadBody[] = [
  { name: 'cut off', body: '{"method":"code","identity_id":', says: /not valid JSON/ },
  { name: 'two values', body: '{}{}', says: /not valid JSON/ },
  { name: 'a comma too many', body: '{"method":"code",}', says: /not valid JSON/ },
  { name: 'a comment', body: '{"method":"code"/**/}', says: /not valid JSON/ },
  { name: 'single quotes', body: "{'method':'code'}", says: /not valid JSON/ },
  { name: 'NaN', body: '{"method":NaN}', says: /not valid JSON/ },
  { name: 'a raw line break in a text', body: '{"method":"co\r\nde"}', says: /not valid JSON/ },
  { name: 'a form under the name of JSON', body: 'method=code&email=a%40example.test', says: /not valid JSON/ },
  { name: 'a text', body: '"method"', says: /^the body: must be an? / },
  { name: 'a number', body: '1', says: /^the body: must be an? / },
  { name: 'true', body: 'true', says: /^the body: must be an? / },
  { name: 'one key twice', body: '{"method":"code","method":"link"}', says: /"method".*twice/ },
  { name: 'one key twice, escaped', body: '{"method":"code","m\\u0065thod":"link"}', says: /"method".*twice/ },
  { name: 'one key twice, deep inside', body: '{"traits":{"a":[{"b":1,"b":2}]}}', says: /"b".*twice/ },
  { name: '__proto__', body: '{"__proto__":{"method":"code"}}', says: /__proto__/ },
  { name: '__proto__, deep inside', body: '[{"traits":{"__proto__":{"admin":true}}}]', says: /__proto__/ },
  { name: 'Latin-1', body: Buffer.from('{"method":"cod\xe9"}', 'latin1'), says: /UTF-8/ },
  { name: 'an overlong encoding', body: Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]), says: /UTF-8/ },
  { name: 'UTF-16', body: Buffer.from('\ufeff{"method":"code"}', 'utf16le'), says: /UTF-8/ },
  { name: 'compressed', body: gzipSync('{"method":"code"}'), says: /UTF-8/, headers: { 'content-encoding': 'gzip' } },
  { name: 'NUL in a text', body: '{"method":"co\\u0000de"}', says: /^method: |^the body: must be/ },
  { name: 'half a surrogate pair', body: '{"method":"co\\ud800de"}', says: /^method: |^the body: must be/ },
  { name: 'NUL in a key', body: '{"met\\u0000hod":"code"}', says: /^the body: / },
  { name: 'a number beyond all bounds', body: '{"method":1e999}', says: /^method: |^the body: must be/ },
  { name: 'nested 60 levels deep', body: nested(60), says: /deep|must be an array/ },
  { name: 'nested 200,000 levels deep', body: nested(200_000), says: /deep/ },
  { name: 'two megabytes', body: JSON.stringify({ method: 'x'.repeat(2_000_000) }), says: /larger|bytes/, status: 413 },
  { name: 'plain text', body: '{"method":"code"}', type: 'text/plain', says: /^Content-Type: / },
  { name: 'multipart', body: '--x\r\n\r\n--x--', type: 'multipart/form-data; boundary=x', says: /^Content-Type: / },
  { name: 'XML', body: '<method>code</method>', type: 'application/xml', says: /^Content-Type: / },
  { name: 'a type like JSON', body: '{"method":"code"}', type: 'application/jsonp', says: /^Content-Type: / },
  { name: 'another charset', body: '{"method":"code"}', type: `${JSON_TYPE}; charset=utf-16`, says: /^Content-Type: / },
  { name: 'a broken type', body: '{"method":"code"}', type: 'json', says: /^Content-Type: / },
  { name: 'a form that says two things', body: 'method=code&method=link', type: FORM_TYPE, says: /"method".*twice/ },
  { name: 'a form with __proto__', body: '__proto__=x', type: FORM_TYPE, says: /__proto__/ },
  { name: 'a form that is not UTF-8', body: Buffer.from('method=\xff', 'latin1'), type: FORM_TYPE, says: /UTF-8/ },
  { name: 'a form with NUL', body: 'method=co%00de', type: FORM_TYPE, says: /^method: |^the body: must be/ },
  { name: 'a form with bytes that are no text', body: 'method=%ff%fe', type: FORM_TYPE, says: /UTF-8/ },
];

describe.each([
  'admin code',
  'admin link',
  'new identity',
  'changed identity',
  'patched identity',
  'many identities',
  'recovery',
  'link click',
  'settings',
  'sign-in',
])('a bad body for: %s', (name) => {
  it('is a 4xx that says what is wrong, and changes nothing', async () => {
    const { method, url, headers } = targets[name] ?? { method: '', url: '' };
    const before = await rowCounts(harness.pool);
    const mails = harness.mail.messages().length;
    const wrong: string[] = [];
    for (const bad of BAD_BODIES) {
      const response = await fetch(url, {
        method,
        headers: { 'content-type': bad.type ?? JSON_TYPE, 'idempotency-key': randomUUID(), ...headers, ...bad.headers },
        body: typeof bad.body === 'string' ? bad.body : new Uint8Array(bad.body),
      });
      wrong.push(...(await wrongRefusal(response, bad)));
    }
    expect(wrong).toEqual([]);
    expect(await rowCounts(harness.pool)).toEqual(before);
    expect(harness.mail.messages()).toHaveLength(mails);
  });
});
