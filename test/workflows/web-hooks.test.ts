import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { webHookKeys } from '../../platform/web-hook-signature.js';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import type { HttpSink, SunkRequest } from '../support/http-sink.js';
import { startHttpSink } from '../support/http-sink.js';
import {
  adminCode,
  askForCode,
  createPerson,
  mailedCode,
  opened,
  setPassword,
  signIn,
  submitCode,
} from '../support/story.js';
import type { Person } from '../support/story.js';

const PASSWORD = 'old-horse-battery-1';
let harness: Harness;
let sink: HttpSink;

beforeAll(async () => {
  sink = await startHttpSink();
  const hook = (path: string, extra: Record<string, unknown> = {}) => ({
    hook: 'web_hook',
    config: { url: `${sink.url}${path}`, method: 'POST', ...extra },
  });
  const body = `base64://${Buffer.from(
    JSON.stringify({
      user: '{{ .IdentityID }}',
      mail: '{{ .Identity.traits.email }}',
      what: '{{ .Event }} {{ .Outcome }}',
    }),
  ).toString('base64')}`;
  harness = await startHarness({
    config: {
      secrets: { webhook: ['the-first-webhook-secret', 'the-older-webhook-secret'] },
      selfservice: {
        flows: {
          settings: {
            privileged_session_max_age: '1h',
            after: { password: { hooks: [hook('/password')] }, hooks: [hook('/any')] },
          },
          recovery: {
            after: {
              hooks: [
                hook('/first', {
                  auth: { type: 'api_key', config: { name: 'X-Key', value: 'a-hook-key', in: 'header' } },
                }),
                hook('/second', { body, method: 'PUT', headers: { 'X-Tenant': 'a' } }),
              ],
            },
          },
        },
      },
    },
  });
});
afterAll(async () => {
  await harness.stop();
  await sink.stop();
});

const about = (person: Person, path: string) => (request: SunkRequest) =>
  request.path === path && (request.json?.identity_id ?? request.json?.user) === person.id;

async function recover(person: Person): Promise<string> {
  const { flowId, code } = await adminCode(harness, person);
  const session = opened(await submitCode(harness, flowId, code));
  expect((await setPassword(harness, session, 'brand-new-battery-9')).status).toBe(200);
  return flowId;
}

function check(request: SunkRequest): void {
  const parts = String(request.headers['latchkey-signature']).split(',');
  const seconds = Number(parts[0]?.slice(2));
  expect(Math.abs(Date.now() / 1_000 - seconds)).toBeLessThan(300);
  expect(parts.slice(1)).toEqual(
    webHookKeys(harness.config.secrets).map(
      (key) => `v1=${createHmac('sha256', key).update(`${seconds}.${request.body}`).digest('hex')}`,
    ),
  );
}

describe('web hooks after a recovery', () => {
  it('tell of the flow, the outcome and the person, signed, in the order of the configuration', async () => {
    const person = await createPerson(harness);
    const flowId = await recover(person);
    const [first] = await sink.waitFor(about(person, '/first'));
    const [second] = await sink.waitFor(about(person, '/second'));
    expect(first).toMatchObject({
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-key': 'a-hook-key',
        'idempotency-key': `recovery/${flowId}/0`,
      },
      json: {
        id: `recovery/${flowId}/0`,
        event: 'recovery',
        flow_id: flowId,
        identity_id: person.id,
        outcome: 'recovered',
        method: 'code',
        flow: { type: 'api', origin: 'admin', passed_at: expect.any(String) as string },
        identity: { id: person.id, traits: { email: person.email } },
      },
    });
    expect(first?.body).not.toContain('hashed_password');
    expect(second).toMatchObject({
      method: 'PUT',
      headers: { 'x-tenant': 'a', 'idempotency-key': `recovery/${flowId}/1` },
      json: { user: person.id, mail: person.email, what: 'recovery recovered' },
    });
    for (const request of [first, second]) check(request as SunkRequest);
    expect(sink.requests.indexOf(first as SunkRequest)).toBeLessThan(sink.requests.indexOf(second as SunkRequest));
    expect(await harness.workflows.handle(flowId).result()).toBe('recovered');
  });

  it('are tried again until they are taken, and only then comes the next', async () => {
    const person = await createPerson(harness);
    let refusals = 0;
    sink.answerWith((request) => (about(person, '/first')(request) && (refusals += 1) <= 2 ? 503 : 200));
    const flowId = await recover(person);
    await sink.waitFor(about(person, '/second'));
    sink.answerWith(null);
    const theirs = sink.requests.filter(
      (request) => request.path.match(/first|second/) && request.body.includes(person.id),
    );
    expect(theirs.map(({ path }) => path)).toEqual(['/first', '/first', '/first', '/second']);
    expect(new Set(theirs.slice(0, 3).map(({ headers }) => headers['idempotency-key']))).toEqual(
      new Set([`recovery/${flowId}/0`]),
    );
  });

  it('survive a worker that goes away between two tries', async () => {
    const person = await createPerson(harness);
    sink.answerWith((request) => (about(person, '/first')(request) ? 503 : 200));
    await recover(person);
    await sink.waitFor(about(person, '/first'));
    await harness.stopWorkers();
    sink.answerWith(null);
    const before = sink.requests.length;
    await harness.startWorkers();
    await sink.waitFor(about(person, '/second'));
    expect(sink.requests.slice(before).filter(about(person, '/first')).length).toBeGreaterThanOrEqual(1);
  });

  it('go on to the next when a receiver wants one no more', async () => {
    const person = await createPerson(harness);
    sink.answerWith((request) => (about(person, '/first')(request) ? 410 : 200));
    await recover(person);
    await sink.waitFor(about(person, '/second'));
    sink.answerWith(null);
    expect(sink.requests.filter(about(person, '/first'))).toHaveLength(1);
  });

  it('do not tell of a recovery that let nobody in', async () => {
    const person = await createPerson(harness);
    const { flowId } = await adminCode(harness, person);
    await harness.workflows.cancel(flowId);
    expect(await harness.workflows.handle(flowId).result()).toBe('cancelled');
    expect(sink.requests.filter((request) => request.body.includes(person.id))).toEqual([]);
  });

  it('tell of one that was cancelled with its session', async () => {
    const person = await createPerson(harness);
    const flowId = await askForCode(harness, person.email);
    opened(await submitCode(harness, flowId, await mailedCode(harness, person.email)));
    await harness.workflows.cancel(flowId);
    const [first] = await sink.waitFor(about(person, '/first'));
    expect(first?.json).toMatchObject({ outcome: 'cancelled', flow: { origin: 'self' } });
  });
});

describe('web hooks after a change in the settings', () => {
  async function signedIn(person: Person): Promise<{ token: string; settings: string }> {
    const token = (await signIn(harness, person.email, PASSWORD)).json.session_token as string;
    const flow = await harness.api('GET', '/self-service/settings/api', { headers: { 'x-session-token': token } });
    return { token, settings: flow.json.id as string };
  }
  const change = (session: { token: string; settings: string }, body: unknown) =>
    harness.api('POST', `/self-service/settings?flow=${session.settings}`, {
      body,
      headers: { 'x-session-token': session.token },
    });

  it('tell of a new password: the hooks of the method first, then those of any', async () => {
    const person = await createPerson(harness, PASSWORD);
    const session = await signedIn(person);
    expect((await change(session, { method: 'password', password: 'brand-new-battery-9' })).status).toBe(200);
    const [own] = await sink.waitFor(about(person, '/password'));
    const [any] = await sink.waitFor(about(person, '/any'));
    expect(own?.json).toMatchObject({
      event: 'settings',
      outcome: 'changed',
      method: 'password',
      flow_id: session.settings,
      identity: { traits: { email: person.email } },
    });
    expect(own?.headers['idempotency-key']).toBe(own?.json.id);
    check(own as SunkRequest);
    check(any as SunkRequest);
    expect(own?.body).not.toContain('brand-new');
  });

  it('come in the order of the changes, although the first has to be tried again', async () => {
    const person = await createPerson(harness, PASSWORD);
    const session = await signedIn(person);
    let refusals = 0;
    sink.answerWith((request) => (about(person, '/any')(request) && (refusals += 1) <= 1 ? 500 : 200));
    for (const first of ['Ada', 'Grace']) {
      const traits = { email: person.email, name: { first } };
      expect((await change(session, { method: 'profile', traits })).status).toBe(200);
    }
    const requests = await sink.waitFor(about(person, '/any'), 3);
    sink.answerWith(null);
    const [a, b, c] = requests.map(({ json }) => json.id as string);
    expect(a).toBe(b);
    expect(c).not.toBe(a);
    // What is told is the person as they are now.
    expect(requests[2]?.json.identity.traits.name.first).toBe('Grace');
    expect(requests[0]?.json.method).toBe('profile');
  });

  it('tell nothing of a change that was refused', async () => {
    const person = await createPerson(harness, PASSWORD);
    const session = await signedIn(person);
    expect((await change(session, { method: 'password', password: 'short' })).status).toBe(400);
    const other = await createPerson(harness, PASSWORD);
    await change(await signedIn(other), { method: 'password', password: 'brand-new-battery-9' });
    await sink.waitFor(about(other, '/any'));
    expect(sink.requests.filter(about(person, '/any'))).toEqual([]);
  });
});
