import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import type { Answer } from '../support/http.js';
import { sendRaw } from '../support/raw-http.js';
import { wrongRefusal } from '../support/refused.js';
import { rowCounts } from '../support/row-counts.js';
import type { Person } from '../support/story.js';
import { createPerson, signIn } from '../support/story.js';

const PASSWORD = 'old-horse-battery-1';

let harness: Harness;
let person: Person;
let token: string;
let before: Record<string, number>;
beforeAll(async () => {
  harness = await startHarness({ workers: false });
  person = await createPerson(harness, PASSWORD);
  token = (await signIn(harness, person.email, PASSWORD)).json.session_token as string;
  before = await rowCounts(harness.pool);
});
afterAll(() => harness.stop());

/** No request of this file may leave anything behind. */
async function expectNothingWritten(): Promise<void> {
  expect(await rowCounts(harness.pool)).toEqual(before);
}

/** With the person's session. */
const inPerson = (method: string, path: string, body?: unknown, headers = {}): Promise<Answer> =>
  harness.api(method, path, { headers: { 'x-session-token': token, ...headers }, ...(body !== undefined && { body }) });

type Place = [name: string, call: (id: string) => Promise<Answer>];

const FLOWS: Place[] = [
  ['recovery flow', (id) => harness.api('GET', `/self-service/recovery/flows?id=${id}`)],
  [
    'recovery submit',
    (id) => harness.api('POST', `/self-service/recovery?flow=${id}`, { body: { method: 'code', code: '123456' } }),
  ],
  ['recovery link', (id) => harness.api('GET', `/self-service/recovery?flow=${id}&token=x`)],
  ['link click', (id) => harness.api('POST', `/self-service/recovery/confirm?flow=${id}`, { body: { token: 'x' } })],
  ['settings flow', (id) => inPerson('GET', `/self-service/settings/flows?id=${id}`)],
  [
    'settings submit',
    (id) => inPerson('POST', `/self-service/settings?flow=${id}`, { method: 'password', password: 'x' }),
  ],
  ['login flow', (id) => harness.api('GET', `/self-service/login/flows?id=${id}`)],
  ['login submit', (id) => harness.api('POST', `/self-service/login?flow=${id}`, { body: { method: 'password' } })],
];

const THINGS: Place[] = [
  ['identity', (id) => harness.admin('GET', `/admin/identities/${id}`)],
  [
    'identity change',
    (id) => harness.admin('PUT', `/admin/identities/${id}`, { body: { traits: { email: 'x@example.test' } } }),
  ],
  ['identity patch', (id) => harness.admin('PATCH', `/admin/identities/${id}`, { body: [] })],
  ['identity delete', (id) => harness.admin('DELETE', `/admin/identities/${id}`)],
  ['credential delete', (id) => harness.admin('DELETE', `/admin/identities/${id}/credentials/password`)],
  ['sessions delete', (id) => harness.admin('DELETE', `/admin/identities/${id}/sessions`)],
  ['session', (id) => harness.admin('GET', `/admin/sessions/${id}`)],
  ['session delete', (id) => harness.admin('DELETE', `/admin/sessions/${id}`)],
  ['identity schema', (id) => harness.api('GET', `/schemas/${id}`)],
];

const BAD_IDS = [
  'x',
  '1',
  'null',
  '%00',
  '%27%20OR%201=1--',
  '%F0%9F%98%80',
  'x'.repeat(150),
  `${randomUUID()}%00`,
  `{${randomUUID()}}`,
];

describe('an id', () => {
  it.each(FLOWS)('of a %s that is none is 400, one that nobody has is 404', async (_, call) => {
    const wrong: string[] = [];
    for (const id of ['', ...BAD_IDS])
      wrong.push(...(await wrongRefusal(await call(id), { name: id, says: /^(id|flow): / })));
    const twice = `${randomUUID()}&flow=${randomUUID()}&id=${randomUUID()}`;
    wrong.push(...(await wrongRefusal(await call(twice), { name: 'twice', says: /^(id|flow): may be given once/ })));
    expect(wrong).toEqual([]);
    expect((await call(randomUUID())).status).toBe(404);
    await expectNothingWritten();
  });

  it.each(THINGS)('of a %s that nobody has, or can have, is 404', async (_, call) => {
    for (const id of [...BAD_IDS, randomUUID()]) {
      const { status, text, json } = await call(id);
      expect.soft(status, `${id}: ${text}`).toBe(404);
      expect.soft(json?.error, id).toMatchObject({ code: 404, status: 'Not Found' });
    }
    await expectNothingWritten();
  });

  it.each(['/ui/recovery', '/ui/settings', '/ui/login'])(
    'of a flow that is none is 4xx on the page %s too',
    async (page) => {
      for (const id of [...BAD_IDS, randomUUID(), `${randomUUID()}&flow=${randomUUID()}`]) {
        const { status, text } = await harness.api('GET', `${page}?flow=${id}`, {
          headers: { 'x-session-token': token, accept: 'text/html' },
        });
        expect.soft([400, 404], `${id}: ${text}`).toContain(status);
      }
      await expectNothingWritten();
    },
  );
});

describe('a query parameter', () => {
  const lists = (query: string) => harness.admin('GET', `/admin/identities?${query}`);
  const sessions = (query: string) => harness.admin('GET', `/admin/sessions?${query}`);
  const rows: [call: (query: string) => Promise<Answer>, query: string, says: RegExp][] = [
    ...['0', '-1', 'x', '1.5', '1e3', '%00', '9'.repeat(30)].map((size): (typeof rows)[number] => [
      lists,
      `page_size=${size}`,
      /^page_size: /,
    ]),
    ...['x', '%00', 'bm90aGluZw'].map((place): (typeof rows)[number] => [
      lists,
      `page_token=${place}`,
      /^page_token: /,
    ]),
    ...['x', '%00', '1_x', `${'9'.repeat(16)}_${randomUUID()}`].map((place): (typeof rows)[number] => [
      sessions,
      `page_token=${place}`,
      /^page_token: /,
    ]),
    [lists, 'page_size=1&page_size=2', /^page_size: may be given once/],
    [lists, 'ids=x', /^ids: /],
    [lists, `ids=${randomUUID()},${randomUUID()}`, /^ids: /],
    [lists, `ids=${randomUUID()}&credentials_identifier=x`, /cannot be combined/],
    [lists, 'credentials_identifier=a%00b', /^credentials_identifier: /],
    [lists, 'include_credential=everything', /^include_credential: /],
    [sessions, 'active=maybe', /^active: must be true or false/],
    [sessions, 'expand=everything', /^expand: /],
    [(query) => harness.api('GET', `/self-service/recovery/browser?${query}`), 'return_to=%00', /^return_to: /],
    [
      (query) => harness.api('GET', `/self-service/recovery/browser?${query}`),
      'return_to=a&return_to=b',
      /^return_to: /,
    ],
    [
      (query) => harness.api('GET', `/self-service/recovery/browser?${query}`),
      'return_to=https://evil.test/',
      /^return_to: /,
    ],
    [(query) => harness.api('GET', `/self-service/login/api?${query}`), 'refresh=%00', /^refresh: /],
    [(query) => harness.api('GET', `/self-service/login/api?${query}`), 'refresh=perhaps', /^refresh: /],
    [
      (query) => inPerson('GET', `/self-service/settings/api?${query}`),
      'return_to=javascript:alert(1)',
      /^return_to: /,
    ],
    [(query) => harness.api('GET', `/schemas?${query}`), 'page=-1', /^page: /],
  ];
  it('that is no good is 400 and named', async () => {
    const wrong: string[] = [];
    for (const [call, query, says] of rows)
      wrong.push(...(await wrongRefusal(await call(query), { name: query, says })));
    expect(wrong).toEqual([]);
    await expectNothingWritten();
  });

  it('with an address that has letters beyond ASCII goes into Location in a form that fits there', async () => {
    const place = `${harness.publicUrl}/ui/caf\u00e9/\u20ac?q=\u{1f600}`;
    const answer = await inPerson(
      'GET',
      `/self-service/login/browser?return_to=${encodeURIComponent(place)}`,
      undefined,
      {
        accept: 'text/html',
      },
    );
    expect(answer.status, answer.text).toBe(302);
    expect(answer.headers.get('location')).toBe(new URL(place).href);
  });

  it('of an absurd time far away is answered all the same', async () => {
    expect((await sessions(`page_token=${'9'.repeat(15)}_${randomUUID()}`)).status).toBe(200);
    expect((await lists('__proto__=x&constructor=y&toString=z')).status).toBe(200);
  });
});

describe('what is hardly HTTP', () => {
  const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`;
  const rows: [name: string, request: string, status: number, says: RegExp][] = [
    ['a path that is no UTF-8', get('/self-service/%ff'), 400, /path/],
    ['a % that stands for nothing', get('/schemas/%zz'), 400, /path/],
    ['headers without end', get('/sessions/whoami', `X-Session-Token: ${'x'.repeat(80_000)}\r\n`), 431, /header/],
    ['a cookie without end', get('/sessions/whoami', `Cookie: ${'a=b; '.repeat(20_000)}\r\n`), 431, /header/],
    ['no HTTP', 'nonsense\r\n\r\n', 400, /HTTP/],
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, /HTTP/],
    ['a header with NUL', get('/sessions/whoami', 'X-Session-Token: a\0b\r\n'), 400, /HTTP/],
    ['a header without a name', get('/sessions/whoami', ': x\r\n'), 400, /HTTP/],
    [
      'two lengths',
      'POST /self-service/login HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n{}',
      400,
      /HTTP/,
    ],
    [
      'length and chunks at once',
      'POST /self-service/login HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      /HTTP/,
    ],
    ['a negative length', 'POST /self-service/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400, /HTTP/],
    [
      'bad chunks',
      'POST /self-service/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
      /HTTP/,
    ],
  ];
  it.each(['publicUrl', 'adminUrl'] as const)('is answered in the same shape (%s)', async (port) => {
    const wrong: string[] = [];
    for (const [name, request, status, says] of rows) {
      wrong.push(...(await wrongRefusal(await sendRaw(harness[port], request), { name, says, status })));
    }
    expect(wrong).toEqual([]);
  });

  it('a path without end leads nowhere', async () => {
    for (const [port, path] of [
      ['publicUrl', '/schemas/'],
      ['adminUrl', '/identities/'],
    ] as const) {
      const answer = await sendRaw(harness[port], get(path + 'x'.repeat(5_000)));
      expect(await wrongRefusal(answer, { name: path, says: /path/, status: 404 })).toEqual([]);
    }
  });

  it('long header values that fit do no harm', async () => {
    const long = 'x'.repeat(15_000);
    const headers = {
      'user-agent': long,
      accept: `${long};q=nonsense`,
      authorization: `Bearer ${long}`,
      cookie: `${long}=%zz`,
    };
    expect((await harness.api('GET', '/sessions/whoami', { headers })).status).toBe(401);
    expect((await harness.api('GET', '/health/alive', { headers })).status).toBe(200);
    await expectNothingWritten();
  });

  it('a body in endless chunks is cut off at 413', async () => {
    const chunk = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`;
    const head =
      'POST /admin/identities HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const { status } = await sendRaw(harness.adminUrl, head + chunk.repeat(24));
    expect(status).toBe(413);
    await expectNothingWritten();
  });
});
