import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import { wrongRefusal } from '../support/refused.js';
import type { ExpectedRefusal } from '../support/refused.js';
import { rowCounts } from '../support/row-counts.js';
import type { Person } from '../support/story.js';
import { adminCode, createPerson, signIn } from '../support/story.js';

const PASSWORD = 'old-horse-battery-1';
const LONG = 'x'.repeat(3_000);

let harness: Harness;
let person: Person;
let token: string;
const flows = { settings: '', login: '', recovery: '' };
beforeAll(async () => {
  harness = await startHarness();
  person = await createPerson(harness, PASSWORD);
  token = (await signIn(harness, person.email, PASSWORD)).json.session_token as string;
  const session = { 'x-session-token': token };
  flows.settings = (await harness.api('GET', '/self-service/settings/api', { headers: session })).json.id as string;
  flows.login = (await harness.api('GET', '/self-service/login/api')).json.id as string;
  flows.recovery = (await adminCode(harness, person)).flowId;
});
afterAll(() => harness.stop());

type BadFields = Record<string, unknown>;
type Row = [fields: BadFields, says: RegExp, status?: number];

/** Sends each row's body and compares; nothing may have been written or mailed in the end. */
async function expectAllRefused(
  rows: Row[],
  request: (body: BadFields) => Promise<{ status: number; text: string }>,
): Promise<void> {
  const before = await rowCounts(harness.pool);
  const mails = harness.mail.messages().length;
  const wrong: string[] = [];
  for (const [fields, says, status] of rows) {
    const expected: ExpectedRefusal = {
      name: JSON.stringify(fields).slice(0, 120),
      says,
      ...(status !== undefined && { status }),
    };
    wrong.push(...(await wrongRefusal(await request(fields), expected)));
  }
  expect(wrong).toEqual([]);
  expect(await rowCounts(harness.pool)).toEqual(before);
  expect(harness.mail.messages()).toHaveLength(mails);
}

const NO_DURATIONS = [
  'abc',
  '1d',
  '3600',
  ' 1h',
  '1h ',
  '1e3s',
  '\u0661h',
  '1h-1m',
  '--1h',
  'NaN',
  'Infinity',
  '.',
  'h',
  '1',
  '9'.repeat(60) + 's',
  '99999999999h',
];
const NOT_IN_THE_FUTURE = ['0', '0s', '-0s', '-1h', '-1ns', '0.1ns'];

describe.each([
  ['code', 404],
  ['link', 400],
] as const)('POST /admin/recovery/%s', (method, unknown) => {
  const ask = (fields: BadFields, query = '') =>
    harness.admin('POST', `/admin/recovery/${method}${query}`, { body: fields });

  it('refuses identities that it cannot know', async () => {
    const ids: Row[] = [
      'abc',
      '{' + randomUUID() + '}',
      randomUUID().replaceAll('-', ''),
      `${randomUUID()} `,
      '\u0000',
      '../x',
    ].map((identity_id) => [{ identity_id }, /^identity_id: /]);
    const types: Row[] = [1, true, [], {}, [randomUUID()], LONG].map((identity_id) => [
      { identity_id },
      /^identity_id: must/,
    ]);
    const nobody: Row[] = [{}, { identity_id: null }, { identity_id: '' }, { identity_id: randomUUID() }].map(
      (fields) => [fields, /^identity_id: /, unknown],
    );
    await expectAllRefused([...ids, ...types, ...nobody], (fields) => ask(fields));
  });

  it('refuses every expires_in that is no time to come', async () => {
    const rows: Row[] = [
      ...NO_DURATIONS.map((expires_in): Row => [
        { expires_in },
        /^expires_in: is not a duration|^expires_in: must have at most/,
      ]),
      ...NOT_IN_THE_FUTURE.map((expires_in): Row => [{ expires_in }, /^expires_in: must lie in the future/]),
      ...['87601h', '2562047h'].map((expires_in): Row => [{ expires_in }, /^expires_in: may be at most ten years/]),
      ...[3600, -1, 0, true, null, [], {}, ['1h']].map((expires_in): Row => [
        { expires_in },
        /^expires_in: must be a string/,
      ]),
      [{ expires_in: LONG }, /^expires_in: must have at most/],
    ];
    await expectAllRefused(rows, (fields) => ask({ identity_id: person.id, ...fields }));
  });

  it('refuses an Idempotency-Key and a return_to that are none', async () => {
    const keys: Row[] = ['k'.repeat(256), 'two words', '\u00e9', 'x'.repeat(20_000)].map((key) => [
      { key },
      /^Idempotency-Key: /,
    ]);
    await expectAllRefused(keys, ({ key }) =>
      harness.admin('POST', `/admin/recovery/${method}`, {
        body: { identity_id: person.id },
        headers: { 'idempotency-key': key as string },
      }),
    );
    const places: Row[] = [
      'https://evil.test/',
      '//evil.test',
      '\\\\evil.test',
      'javascript:alert(1)',
      'a\u0000b',
      LONG,
    ].map((place) => [{ place }, /^return_to: /]);
    await expectAllRefused(places, ({ place }) =>
      ask({ identity_id: person.id }, `?return_to=${encodeURIComponent(place as string)}`),
    );
  });
});

it('POST /admin/recovery/code refuses a flow_type that is none', async () => {
  const rows: Row[] = ['bogus', 'API', 1, [], {}, true, null, LONG].map((flow_type) => [
    { flow_type },
    /^flow_type: must/,
  ]);
  await expectAllRefused(rows, (fields) =>
    harness.admin('POST', '/admin/recovery/code', { body: { identity_id: person.id, ...fields } }),
  );
});

it('POST /admin/identities refuses what the schema does not take, field by field', async () => {
  const email = 'new@example.test';
  const traits = { email };
  const address = { via: 'email', value: email };
  const times = ['yesterday', '2026-13-01T00:00:00Z', '0000-01-01T00:00:00Z', '2016-12-31T23:59:60Z', 1, ''];
  const rows: Row[] = [
    [{ traits: 'x' }, /^traits: must be an object/],
    [{ traits: [] }, /^traits: must be an object/],
    [{}, /^traits\.email: is missing/],
    [{ traits: { email: ['a@example.test', 'b@example.test'] } }, /^traits\.email: must be a string/],
    [{ traits: { email: 'a@example.test,b@example.test' } }, /^traits\.email: must be an e-mail/],
    [{ traits: { email: 'a@example.test\r\nBcc: b@example.test' } }, /^traits\.email: must be an e-mail/],
    [{ traits: { email: '"a b"@example.test' } }, /^traits\.email: must be an e-mail/],
    [{ traits: { email: `${LONG}@example.test` } }, /^traits\.email: /],
    [{ traits: { email, name: 1 } }, /^traits\.name: must be an object/],
    [{ traits: { email, name: { first: LONG } } }, /^traits\.name\.first: must have at most/],
    [{ traits: { email, admin: true } }, /^traits\.admin: is not a known field/],
    [{ traits, bogus: 1 }, /^bogus: is not a known field/],
    [{ traits, schema_id: 'other' }, /^schema_id: /],
    [{ traits, schema_id: LONG }, /^schema_id: must have at most/],
    [{ traits, state: 'gone' }, /^state: must be one of/],
    [{ traits, state: 1 }, /^state: must/],
    [{ traits, external_id: 1 }, /^external_id: must be a string/],
    [{ traits, external_id: LONG }, /^external_id: must have at most/],
    [{ traits, organization_id: randomUUID() }, /^organization_id: must be null/],
    [{ traits, credentials: [] }, /^credentials: must be an object/],
    [{ traits, credentials: { totp: {} } }, /^credentials\.totp: is not a known field/],
    [
      { traits, credentials: { password: { config: { password: 1 } } } },
      /^credentials\.password\.config\.password: must be/,
    ],
    [
      { traits, credentials: { password: { config: { hashed_password: 'plain' } } } },
      /^credentials\.password\.config\.hashed_password: /,
    ],
    [
      { traits, recovery_addresses: [{ via: 'email', value: 'other@example.test' }] },
      /^recovery_addresses\.0\.value: /,
    ],
    [{ traits, verifiable_addresses: [{ via: 'fax', value: email }] }, /^verifiable_addresses\.0\.via: must be one of/],
    ...times.map((verified_at): Row => [
      { traits, verifiable_addresses: [{ ...address, verified: true, verified_at }] },
      /^verifiable_addresses\.0\.verified_at: must/,
    ]),
    ...times.map((created_at): Row => [
      { traits, recovery_addresses: [{ ...address, created_at }] },
      /^recovery_addresses\.0\.created_at: must/,
    ]),
  ];
  await expectAllRefused(rows, (body) => harness.admin('POST', '/admin/identities', { body }));
});

it('the self-service forms refuse fields of the wrong type and size', async () => {
  const wrongType = [1, true, ['x'], { x: 1 }];
  const texts = (field: string): Row[] =>
    wrongType.map((value) => [{ [field]: value }, new RegExp(`^${field}: must be a string`)]);
  const tooLong = (field: string): Row => [{ [field]: LONG }, new RegExp(`^${field}: m(ust|ay) have at most`)];

  await expectAllRefused(
    [...['method', 'email', 'code', 'csrf_token'].flatMap((field) => [...texts(field), tooLong(field)])],
    (body) =>
      harness.api('POST', `/self-service/recovery?flow=${flows.recovery}`, { body: { method: 'code', ...body } }),
  );
  await expectAllRefused(
    [
      ...['token', 'csrf_token'].flatMap((field) => [...texts(field), tooLong(field)]),
      [{ token: '' }, /^token: must have at least/],
    ],
    (body) =>
      harness.api('POST', `/self-service/recovery/confirm?flow=${flows.recovery}`, { body: { token: 'x', ...body } }),
  );
  await expectAllRefused(
    ['method', 'identifier', 'password', 'csrf_token'].flatMap((field) => [...texts(field), tooLong(field)]),
    (body) =>
      harness.api('POST', `/self-service/login?flow=${flows.login}`, {
        body: { method: 'password', identifier: 'x', password: 'x', ...body },
      }),
  );
  await expectAllRefused(
    [
      ...['method', 'password', 'csrf_token'].flatMap((field) => [...texts(field), tooLong(field)]),
      ...['x', 1, [], true].map((traits): Row => [{ method: 'profile', traits }, /^traits: must be an object/]),
    ],
    (body) =>
      harness.api('POST', `/self-service/settings?flow=${flows.settings}`, {
        body: { method: 'password', ...body },
        headers: { 'x-session-token': token },
      }),
  );
});
