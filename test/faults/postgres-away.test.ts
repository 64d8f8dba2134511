import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultyHarness } from '../support/faulty-harness.js';
import { startFaultyHarness } from '../support/faulty-harness.js';
import type { Answer } from '../support/http.js';
import { patiently } from '../support/patience.js';
import type { Person } from '../support/story.js';
import {
  adminCode,
  askForCode,
  createPerson,
  flowRow,
  mailedCode,
  opened,
  signIn,
  submitCode,
  whoamiStatus,
} from '../support/story.js';

const PASSWORD = 'old-horse-battery-1';

let harness: FaultyHarness;
let person: Person;
let token: string;
beforeAll(async () => {
  harness = await startFaultyHarness();
  person = await createPerson(harness, PASSWORD);
  token = (await signIn(harness, person.email, PASSWORD)).json.session_token as string;
});
afterAll(() => harness.stop());
afterEach(() => harness.postgres.resume());

/** One request to each kind of endpoint that reads or writes the database. */
async function everywhere(flowId: string, code: string): Promise<[string, Answer][]> {
  const body = { identity_id: person.id };
  const session = { 'x-session-token': token };
  const html = { accept: 'text/html' };
  const own = { method: 'code', email: person.email };
  const requests: [string, Promise<Answer>][] = [
    ['whoami', harness.api('GET', '/sessions/whoami', { headers: session })],
    ['start, app', harness.api('GET', '/self-service/recovery/api')],
    ['start, browser', harness.api('GET', '/self-service/recovery/browser', { headers: html })],
    ['fetch', harness.api('GET', `/self-service/recovery/flows?id=${flowId}`)],
    ['address', harness.api('POST', `/self-service/recovery?flow=${flowId}`, { body: own })],
    ['code', submitCode(harness, flowId, code)],
    ['link', harness.api('GET', `/self-service/recovery?flow=${flowId}&token=x`, { headers: html })],
    ['settings', harness.api('GET', '/self-service/settings/api', { headers: session })],
    ['sign-in', harness.api('GET', '/self-service/login/api')],
    ['shown error', harness.api('GET', `/self-service/errors?id=${flowId}`)],
    ['page', harness.api('GET', `/ui/recovery?flow=${flowId}`, { headers: html })],
    ['admin code', harness.admin('POST', '/admin/recovery/code', { body })],
    ['admin link', harness.admin('POST', '/admin/recovery/link', { body })],
    ['create', harness.admin('POST', '/admin/identities', { body: { traits: { email: `new-${person.email}` } } })],
    [
      'batch',
      harness.admin('PATCH', '/admin/identities', {
        body: { identities: [{ create: { traits: { email: `b-${person.email}` } } }] },
      }),
    ],
    ['list', harness.admin('GET', '/admin/identities')],
    ['delete', harness.admin('DELETE', `/admin/identities/${flowId}`)],
    ['sessions', harness.admin('GET', `/admin/identities/${person.id}/sessions`)],
  ];
  return Promise.all(requests.map(async ([name, answer]): Promise<[string, Answer]> => [name, await answer]));
}

function expectAway(answers: [string, Answer][]): void {
  const { hostname, port, username } = new URL(harness.config.dsn ?? '');
  for (const [name, { status, headers, json, text }] of answers) {
    expect.soft(status, `${name}: ${text}`).toBe(503);
    expect.soft(headers.get('retry-after'), name).toMatch(/^[1-9]\d?$/);
    if (name !== 'page') expect.soft(json?.error, name).toMatchObject({ code: 503, status: 'Service Unavailable' });
    for (const told of [`${hostname}:${port}`, username, 'ECONN', 'postgres', ' at '])
      expect.soft(text, name).not.toContain(told);
  }
}

const submit = (flowId: string, code: string) => patiently(() => submitCode(harness, flowId, code));
const ready = () => harness.admin('GET', '/health/ready');

describe('while Postgres', () => {
  it('refuses connections, everything is 503 and can be repeated; a session is not called invalid', async () => {
    const { flowId, code } = await adminCode(harness, person);
    await harness.postgres.refuse();
    const answers = await everywhere(flowId, code);
    expectAway(answers);
    expect(answers.find(([name]) => name === 'whoami')?.[1].status).not.toBe(401);
    expect((await ready()).json).toMatchObject({ status: 'unavailable', errors: { database: expect.any(String) } });
    expect((await harness.api('GET', '/health/alive')).status).toBe(200);

    await harness.postgres.resume();
    expect(await whoamiStatus(harness, token)).toBe(200);
    await expect.poll(async () => (await ready()).status, { timeout: 10_000 }).toBe(200);
    opened(await submit(flowId, code));
  });

  it('swallows everything, it is the same', async () => {
    const { flowId, code } = await adminCode(harness, person);
    harness.postgres.stall();
    const [answers, health] = await Promise.all([everywhere(flowId, code), ready()]);
    expectAway(answers);
    expect(health.json).toMatchObject({ errors: { database: expect.any(String) } });
    await harness.postgres.resume();
    await expect.poll(() => whoamiStatus(harness, token)).toBe(200);
    opened(await submit(flowId, code));
  });

  it('is away for longer than any time-out of a connection, the service comes back by itself', async () => {
    await harness.postgres.refuse();
    const until = Date.now() + 4_000;
    const seen = new Set<number>();
    while (Date.now() < until) seen.add(await whoamiStatus(harness, token));
    expect([...seen]).toEqual([503]);
    await harness.postgres.resume();
    expect(await whoamiStatus(harness, token)).toBe(200);
  });
});

describe('when the connection breaks', () => {
  it.each([{ reset: true }, { reset: false }])(
    'in the middle of a transaction (%o), it is 503 and nothing is written',
    async (how) => {
      const answer = await cutWhileLocked('identities', person.id, how, () =>
        harness.admin('PUT', `/admin/identities/${person.id}`, {
          body: { traits: { email: `other-${person.email}` } },
        }),
      );
      expectAway([['put', answer]]);
      const kept = await harness.admin('GET', `/admin/identities/${person.id}`);
      expect(kept.json.traits).toEqual({ email: person.email });
    },
  );

  it('while a code is judged, it is judged once, and opens one session', async () => {
    const { flowId, code } = await adminCode(harness, person);
    const answer = await cutWhileLocked('recovery_flows', flowId, { reset: true }, () =>
      submitCode(harness, flowId, code),
    );
    opened(answer.status === 503 ? await submit(flowId, code) : answer);
    const { rows } = await harness.pool.query('SELECT id FROM sessions WHERE recovery_flow_id = $1', [flowId]);
    expect(rows).toHaveLength(1);
    expect((await flowRow(harness, flowId)).attempts).toBe(0);
  });

  it('under a mail job, the mail goes out later, and Temporal does not hear where the database is', async () => {
    const other = await createPerson(harness);
    await harness.stopWorkers();
    const flowId = await askForCode(harness, other.email);
    await harness.postgres.refuse();
    await harness.startWorkers();
    const failure = async (): Promise<string> => {
      const { raw } = await harness.workflows.handle(flowId).describe();
      return JSON.stringify(raw.pendingActivities?.[0]?.lastFailure ?? null);
    };
    await expect.poll(failure, { timeout: 10_000 }).not.toBe('null');
    const { port, username } = new URL(harness.config.dsn ?? '');
    for (const told of [port, username, other.email]) expect(await failure()).not.toContain(told);
    await harness.postgres.resume();
    opened(await submit(flowId, await mailedCode(harness, other.email)));
  });
});

/** Holds a row, sends a request that waits for it, and breaks all the service's connections then. */
async function cutWhileLocked(
  table: 'identities' | 'recovery_flows',
  id: string,
  how: { reset: boolean },
  request: () => Promise<Answer>,
): Promise<Answer> {
  const waiting = async (): Promise<number> => {
    const { rows } = await harness.pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length;
  };
  const holder = await harness.pool.connect();
  try {
    await holder.query('BEGIN');
    await holder.query(`SELECT id FROM ${table} WHERE id = $1 FOR UPDATE`, [id]);
    const answer = request();
    await expect.poll(waiting, { timeout: 10_000 }).toBeGreaterThan(0);
    harness.postgres.cut(how);
    await holder.query('ROLLBACK');
    return await answer;
  } finally {
    holder.release();
  }
}
