import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { createPerson } from '../../support/story.js';
import type { Person } from '../../support/story.js';
import { plainBrowser } from '../../support/verification-story.js';

let harness: Harness;
beforeAll(async () => void (harness = await startHarness()));
afterAll(() => harness.stop());

async function adminLink(person: Person, extra: Record<string, unknown> = {}): Promise<string> {
  const { json } = await harness.admin('POST', '/admin/recovery/link', { body: { identity_id: person.id, ...extra } });
  const url = new URL(json.recovery_link as string);
  return `${url.pathname}${url.search}`;
}

async function click(browser: ReturnType<typeof plainBrowser>, path: string): Promise<string> {
  const page = await browser.get(path);
  const flow = new URLSearchParams(path.split('?')[1]).get('flow') ?? '';
  const form = { token: browser.field(page, 'token'), csrf_token: browser.field(page, 'csrf_token') };
  return browser.next(await browser.post(`/self-service/recovery/confirm?flow=${flow}`, form));
}

const hasSession = (browser: ReturnType<typeof plainBrowser>): boolean => browser.cookies.has('ory_kratos_session');

describe('a recovery link', () => {
  it('is not used up by scanners that open it twenty times, and sets no session cookie for them', async () => {
    const person = await createPerson(harness);
    const path = await adminLink(person);
    for (let round = 0; round < 20; round += 1) {
      const scanner = plainBrowser(harness);
      expect((await (round % 2 === 0 ? scanner.head(path) : scanner.get(path))).status).toBe(200);
      expect(hasSession(scanner)).toBe(false);
    }
    const browser = plainBrowser(harness);
    expect(await click(browser, path)).toContain('/ui/settings?flow=');
    expect(hasSession(browser)).toBe(true);
  });

  it('tells no other site of its token', async () => {
    const answer = await plainBrowser(harness).get(await adminLink(await createPerson(harness)));
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cache-control')).toContain('no-store');
  });

  it('works once; then it leads to a new flow that says so', async () => {
    const path = await adminLink(await createPerson(harness));
    await click(plainBrowser(harness), path);
    const second = plainBrowser(harness);
    const page = await second.get(await click(second, path));
    expect(page.text).toContain('data-message-id="4060004"');
    expect(hasSession(second)).toBe(false);
  });

  it('that has expired leads to a new flow that works in a browser that was never here', async () => {
    const path = await adminLink(await createPerson(harness), { expires_in: '1s' });
    harness.clock.ahead += 5_000;
    const browser = plainBrowser(harness);
    const page = await browser.get(browser.next(await browser.get(path)));
    expect(page.status).toBe(200);
    expect(page.text).toContain('data-message-id="4060005"');
  });

  it('of a disabled account leads to a new flow that says so', async () => {
    const person = await createPerson(harness);
    const path = await adminLink(person);
    const body = [{ op: 'replace', path: '/state', value: 'inactive' }];
    await harness.admin('PATCH', `/admin/identities/${person.id}`, { body });
    const browser = plainBrowser(harness);
    const page = await browser.get(await click(browser, path));
    expect(page.text).toContain('data-message-id="4010011"');
    expect(hasSession(browser)).toBe(false);
  });

  it('with a malformed token or flow opens nothing', async () => {
    const path = await adminLink(await createPerson(harness));
    const browser = plainBrowser(harness);
    expect(await click(browser, path.replace(/token=.*/, 'token=bogus'))).toContain('/ui/recovery?flow=');
    expect(hasSession(browser)).toBe(false);
    const none = await harness.api('GET', '/self-service/recovery?flow=abc&token=x', {
      headers: { accept: 'application/json' },
    });
    expect(none.status).toBe(400);
    // The link itself is as good as before.
    const owner = plainBrowser(harness);
    expect(await click(owner, path)).toContain('/ui/settings?flow=');
  });
});
