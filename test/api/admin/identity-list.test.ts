import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAdminApp } from '../../support/admin-app.js';
import type { AdminApp, Answer } from '../../support/admin-app.js';
import { freshDatabase } from '../../support/postgres.js';
import type { FreshDatabase } from '../../support/postgres.js';

let db: FreshDatabase;
let app: AdminApp;
let ids: string[];
beforeAll(async () => {
  db = await freshDatabase();
  app = await startAdminApp(db.pool);
  const identities = Array.from({ length: 520 }, (_, n) => ({
    create: { traits: { email: `list-${n}@example.test` } },
  }));
  const { body } = await app.call('PATCH', '/admin/identities', { identities });
  ids = (body as { identities: { identity: string }[] }).identities.map((item) => item.identity).sort();
});
afterAll(async () => {
  await app.close();
  await db.drop();
});

const ZERO = '00000000-0000-0000-0000-000000000000';
const list = (query = ''): Promise<Answer> => app.call('GET', `/admin/identities${query}`);
const idsOf = (answer: Answer): string[] => {
  expect(answer.status).toBe(200);
  return (answer.body as { id: string }[]).map((item) => item.id);
};
const nextOf = (answer: Answer): string | undefined =>
  /<([^>]*)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];

describe('GET /identities', () => {
  it('gives 250 a page, 500 at most, and a Link with the first and the next page', async () => {
    const page = await list();
    expect(idsOf(page)).toEqual(ids.slice(0, 250));
    expect(page.headers.get('link')).toBe(
      `</admin/identities?page_size=250&page_token=${ZERO}>; rel="first",` +
        `</admin/identities?page_size=250&page_token=${ids[249]}>; rel="next"`,
    );
    expect(idsOf(await list('?page_size=9000'))).toHaveLength(500);
    expect(idsOf(await list('?per_page=3'))).toHaveLength(3);
  });

  it('is walked to its end by following the links, without or with the prefix', async () => {
    const seen: string[] = [];
    let path: string | undefined = '/identities?page_size=100';
    while (path !== undefined) {
      const page: Answer = await app.call('GET', path);
      seen.push(...idsOf(page));
      path = nextOf(page);
    }
    expect(seen).toEqual(ids);
  });

  it('has no next page when the last entry is the last of the page', async () => {
    expect(nextOf(await list(`?page_size=20&page_token=${ids[499]}`))).toBeUndefined();
    expect(nextOf(await list(`?page_size=19&page_token=${ids[499]}`))).toBeDefined();
    const end = await list(`?page_token=${ids.at(-1)}`);
    expect(idsOf(end)).toEqual([]);
    expect(end.headers.get('link')).toBe(`</admin/identities?page_size=250&page_token=${ZERO}>; rel="first"`);
  });

  it('shows addresses and metadata, and credentials to those who asked for them', async () => {
    const [plain] = (await list('?page_size=1')).body as Record<string, unknown>[];
    expect(Object.keys(plain ?? {})).toContain('metadata_admin');
    expect(Object.keys(plain ?? {})).toContain('recovery_addresses');
    expect(Object.keys(plain ?? {})).not.toContain('credentials');
    const [full] = (await list('?page_size=1&include_credential=password')).body as Record<string, unknown>[];
    expect(full).toMatchObject({ credentials: { password: { config: {} } } });
    expect(nextOf(await list('?page_size=1&include_credential=password'))).toContain('include_credential=password');
  });

  it('can be of given ids, repeated and not in a comma list', async () => {
    const [a, b] = [ids[3] as string, ids[300] as string];
    expect(idsOf(await list(`?ids=${b}&ids=${a}&ids=${ZERO}`))).toEqual([a, b]);
    expect((await list(`?ids=${a},${b}`)).status).toBe(400);
  });

  it('takes 500 ids at once, and not one more, and answers with all of them and without Link', async () => {
    const query = (n: number) =>
      `?${new URLSearchParams(ids.slice(0, n).map((id): [string, string] => ['ids', id])).toString()}`;
    const all = await list(query(500));
    expect(idsOf(all)).toEqual(ids.slice(0, 500));
    expect(all.headers.get('link')).toBeNull();
    const { status, body } = await list(query(501));
    expect([status, body]).toMatchObject([400, { error: { reason: 'ids: at most 500 at a time' } }]);
  });

  it('finds a login name in any spelling that means the same, and shows its credentials', async () => {
    const found = await list(`?credentials_identifier=${encodeURIComponent(' LIST-7@example.TEST')}`);
    expect(found.body).toMatchObject([
      { traits: { email: 'list-7@example.test' }, credentials: { password: { identifiers: ['list-7@example.test'] } } },
    ]);
    for (const nobody of ['list-7', 'l\u0131st-7@example.test', '%', 'list-_@example.test']) {
      expect(idsOf(await list(`?credentials_identifier=${encodeURIComponent(nobody)}`))).toEqual([]);
    }
  });

  it.each([
    ['?page_size=0', /^page_size: must be a whole number/],
    ['?page_size=abc', /^page_size: /],
    ['?page_size=-1', /^page_size: /],
    ['?page_size=1&page_size=2', /^page_size: may be given once$/],
    ['?page_token=abc', /^page_token: /],
    ['?page_token=%00', /^page_token: has a character/],
    ['?page=2', /^page: is not supported/],
    ['?ids=nope', /^ids: must be a UUID/],
    [`?ids=${ZERO}&credentials_identifier=a`, /cannot be combined$/],
    ['?credentials_identifier=a%00b', /^credentials_identifier: has a character/],
    ['?preview_credentials_identifier_similar=a', /is not supported$/],
    ['?organization_id=a', /is not supported$/],
    ['?include_credential=__proto__', /^include_credential: must be one of/],
  ])('answers 400 for %s', async (query, reason) => {
    expect(await list(query)).toMatchObject({
      status: 400,
      body: { error: { reason: expect.stringMatching(reason) as string } },
    });
  });
});
