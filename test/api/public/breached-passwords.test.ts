import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { changePassword, fieldMessageIds, PASSWORD, signedIn } from '../../support/account-story.js';
import { signIn } from '../../support/story.js';

describe('the list of breached passwords', () => {
  const BREACHED = 'breached-password-1';
  let list: Server;
  let asked: IncomingMessage[] = [];
  let answer: (response: ServerResponse) => void;
  const open = new Map<string, Harness>();

  beforeAll(async () => {
    list = createServer((request, response) => {
      asked.push(request);
      answer(response);
    });
    await new Promise<void>((resolve) => list.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    for (const one of open.values()) await one.stop();
    list.closeAllConnections();
    list.close();
  });

  /** A harness with these settings, brought up once. */
  async function harnessWith(config: Record<string, unknown>): Promise<Harness> {
    const key = JSON.stringify(config);
    const host = `http://127.0.0.1:${(list.address() as AddressInfo).port}`;
    const found =
      open.get(key) ??
      (await startHarness({
        workers: false,
        config: {
          selfservice: {
            methods: { password: { config: { haveibeenpwned_enabled: true, haveibeenpwned_host: host, ...config } } },
          },
        },
      }));
    open.set(key, found);
    return found;
  }

  const digest = createHash('sha1').update(BREACHED).digest('hex').toUpperCase();
  const rangeWith = (count: number) => (response: ServerResponse) =>
    response.end(['0'.repeat(35) + ':9', `${digest.slice(5)}:${count}`, 'F'.repeat(35) + ':0'].join('\r\n'));

  it('is told five digits of a hash, asked for padding, and believed', async () => {
    const at = await harnessWith({});
    const { token, flowId } = await signedIn(at);
    [asked, answer] = [[], rangeWith(3)];
    const refused = await changePassword(at, token, flowId, BREACHED);
    expect(refused.status).toBe(400);
    expect(fieldMessageIds(refused, 'password')).toEqual([4000034]);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET /range/${digest.slice(0, 5)}`]);
    expect(asked[0]?.headers['add-padding']).toBe('true');
    // Padding has a count of 0.
    answer = rangeWith(0);
    expect((await changePassword(at, token, flowId, BREACHED)).status).toBe(200);
  });

  it('may allow some breaches', async () => {
    const at = await harnessWith({ max_breaches: 3 });
    const { token, flowId } = await signedIn(at);
    answer = rangeWith(4);
    expect((await changePassword(at, token, flowId, BREACHED)).status).toBe(400);
    answer = rangeWith(3);
    expect((await changePassword(at, token, flowId, BREACHED)).status).toBe(200);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['an error', (response) => void response.writeHead(503).end()],
    ['nothing at all', () => undefined],
    ['with a redirect', (response) => void response.writeHead(302, { location: '/elsewhere' }).end()],
    ['by hanging up', (response) => void response.destroy()],
  ])('answering %s is left out, or, where it must answer, 502', async (_name, how) => {
    const lax = await harnessWith({});
    const strict = await harnessWith({ ignore_network_errors: false });
    answer = how;
    const { token, flowId } = await signedIn(lax);
    expect((await changePassword(lax, token, flowId, 'not-breached-battery-7')).status).toBe(200);
    const other = await signedIn(strict);
    const refused = await changePassword(strict, other.token, other.flowId, 'not-breached-battery-7');
    expect(refused.status).toBe(502);
    expect(refused.headers.get('ory-error-id')).toBe('upstream_error');
    expect(refused.json.error).toMatchObject({ id: 'upstream_error', code: 502, status: 'Bad Gateway' });
    expect((await signIn(strict, other.person.email, PASSWORD)).status).toBe(200);
  });

  it('is not asked about passwords that fail anyway', async () => {
    const at = await harnessWith({});
    const { token, flowId } = await signedIn(at);
    asked = [];
    await changePassword(at, token, flowId, 'short');
    await changePassword(at, token, flowId, PASSWORD);
    expect(asked).toEqual([]);
  });
});
