import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { upload } from '../../support/batches.js';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ config: { batches: { upload_size: '20MB', max_rows: 2_000 } }, workers: false });
});
afterAll(() => harness.stop());

const NDJSON = { 'content-type': 'application/x-ndjson' };
const batches = async (): Promise<number> => (await harness.pool.query('SELECT 1 FROM batches')).rowCount ?? 0;
const stored = async (): Promise<number> => (await harness.pool.query('SELECT 1 FROM batch_rows')).rowCount ?? 0;

const rows = Array.from({ length: 1_200 }, (_, n) => `bad-upload-${n}@example.test`).join('\n');

describe('an upload that cannot be taken', () => {
  it.each<[string, string, string | Uint8Array, Record<string, string>, RegExp]>([
    ['an empty one', 'kind=import', '\n', {}, /empty/],
    ['one with a header only', 'kind=import', 'email\n', {}, /no rows/],
    [
      'one in Latin-1',
      'kind=import',
      Buffer.from(`email,name.first\n${rows.slice(0, 2000).replaceAll('\n', ',x\n')},J\xfcrg\n`, 'latin1'),
      {},
      /not UTF-8.*line \d+/,
    ],
    ['one in UTF-16', 'kind=import', Buffer.from('\ufeffemail\na@example.test\n', 'utf16le'), {}, /UTF-8|UTF-16/],
    ['one without a required column', 'kind=import', 'name.first\nx\n', {}, /columns: email missing/],
    [
      'one with an unknown column',
      'kind=import',
      'email,shoe_size\nx,4\n',
      {},
      /"shoe_size" is unknown; known are email/,
    ],
    ['one with a column twice', 'kind=import', 'email,email\nx,y\n', {}, /twice/],
    [
      'one with clear-text passwords',
      'kind=import',
      'email,password\na@example.test,open sesame now\n',
      {},
      /clear-text/,
    ],
    [
      'one with 10 MB in a cell',
      'kind=import',
      `email,name.first\n${rows.replaceAll('\n', ',x\n')},x\na@example.test,${'x'.repeat(10_000_000)}\n`,
      {},
      /line 1202 is longer than 65536/,
    ],
    [
      'one whose last quotation mark is missing',
      'kind=import',
      `email,name.first\n${rows.replaceAll('\n', ',x\n')},"x\n`,
      {},
      /quotation mark/,
    ],
    [
      'one that ends within a row',
      'kind=import',
      `email,name.first\n${rows.replaceAll('\n', ',x\n')},x\nhalf-`,
      {},
      /cut short/,
    ],
    [
      'NDJSON that ends within a row',
      'kind=import',
      '{"traits":{"email":"a@example.test"}}\n{"traits":',
      NDJSON,
      /cut short/,
    ],
    ['a line of 10 MB', 'kind=import', `{"a":"${'x'.repeat(10_000_000)}"}`, NDJSON, /longer than 65536/],
    ['too many rows', 'kind=import', `email\n${rows}\n${rows}\n`, {}, /more than 2000 rows/],
    ['an unknown kind', 'kind=delete', 'email\n', {}, /^kind: must be one of/],
    ['a format of another content', 'kind=import&format=auth0', 'email\n', {}, /application\/x-ndjson/],
    ['a rate that is too high', 'kind=recover&rate=1000', 'email\n', {}, /^rate:/],
    ['an unknown schema', 'kind=import&schema_id=nope', 'email\n', {}, /schema_id/],
  ])('%s is refused with its reason, and nothing of it is kept', async (_, query, body, headers, reason) => {
    const answer = await upload(harness, query, body, headers);
    expect(answer.status, answer.text).toBe(400);
    expect(answer.json.error.reason).toMatch(reason);
    expect(answer.text).not.toContain('example.test');
    expect([await batches(), await stored()]).toEqual([0, 0]);
  });

  it('one that is too large is refused', async () => {
    const body = `email\n${`${'x'.repeat(60_000)}\n`.repeat(400)}`;
    const answer = await upload(harness, 'kind=import', body);
    expect(answer.status).toBe(413);
    expect(await batches()).toBe(0);
  });

  it('one whose sender goes away leaves nothing, and the next one is taken', async () => {
    for (let n = 0; n < 3; n += 1) {
      const socket = connect(new URL(harness.adminUrl).port as unknown as number, '127.0.0.1');
      socket.write(
        `POST /admin/batches?kind=import HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 100000\r\n\r\nemail\n${rows}`,
      );
      await expect
        .poll(
          async () =>
            (
              await harness.pool.query(
                `SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'batch_rows' AND l.mode = 'RowExclusiveLock' AND l.pid <> pg_backend_pid()`,
              )
            ).rowCount,
          { timeout: 10_000 },
        )
        .toBeGreaterThan(0);
      socket.destroy();
      await expect
        .poll(
          async () =>
            (
              await harness.pool.query(
                `SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'batch_rows' AND l.mode = 'RowExclusiveLock' AND l.pid <> pg_backend_pid()`,
              )
            ).rowCount,
          { timeout: 10_000 },
        )
        .toBe(0);
    }
    expect([await batches(), await stored()]).toEqual([0, 0]);
    const answer = await upload(
      harness,
      'kind=import&dry_run=true',
      `\ufeffemail\n"quoted-${randomUUID()}@example.test"\n`,
    );
    expect(answer.status, answer.text).toBe(202);
    expect(answer.json.progress).toMatchObject({ total: 1, bad: 0 });
  });
});
