import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import type { Answer } from '../../support/http.js';
import { askForCode, createPerson, giveAddress, mailedCode } from '../../support/story.js';

let harness: Harness;
beforeAll(async () => void (harness = await startHarness()));
afterAll(() => harness.stop());

const list = (query = ''): Promise<Answer> => harness.admin('GET', `/admin/courier/messages${query}`);
const messagesTo = async (email: string, query = ''): Promise<Record<string, any>[]> =>
  (await list(`?recipient=${encodeURIComponent(email)}${query}`)).json as Record<string, any>[];

describe('GET /courier/messages', () => {
  it('shows what became of a message, and never a code', async () => {
    const person = await createPerson(harness);
    await askForCode(harness, person.email);
    const code = await mailedCode(harness, person.email);
    await expect.poll(async () => (await messagesTo(person.email))[0]?.status).toBe('sent');
    const answer = await list(`?recipient=${encodeURIComponent(person.email)}`);
    expect(answer.json).toEqual([
      {
        id: expect.any(String) as string,
        status: 'sent',
        type: 'email',
        recipient: person.email,
        body: '<redacted>',
        subject: '<redacted>',
        template_type: 'recovery_code_valid',
        channel: 'email',
        send_count: 1,
        created_at: expect.any(String) as string,
        updated_at: expect.any(String) as string,
      },
    ]);
    expect(answer.text).not.toContain(code);
    expect(answer.headers.get('link')).toMatch(
      /^<\/admin\/courier\/messages\?recipient=[^&]+&page_size=10&page_token=newest>; rel="first"$/,
    );
    const one = await harness.admin('GET', `/courier/messages/${answer.json[0].id as string}`);
    expect(one.json.dispatches).toEqual([
      {
        id: expect.any(String) as string,
        message_id: answer.json[0].id as string,
        status: 'success',
        error: null,
        created_at: expect.any(String) as string,
        updated_at: expect.any(String) as string,
      },
    ]);
    expect(one.text).not.toContain(code);
  });

  it('follows a message from try to try', async () => {
    const person = await createPerson(harness);
    harness.mail.setBehaviour(({ to }) => (to.includes(person.email) ? { code: 451, text: 'busy' } : 'accept'));
    await askForCode(harness, person.email);
    await expect
      .poll(async () => (await messagesTo(person.email, '&status=queued')).length, { timeout: 15_000 })
      .toBe(1);
    harness.mail.setBehaviour(null);
    await expect.poll(async () => (await messagesTo(person.email))[0]?.status, { timeout: 15_000 }).toBe('sent');
    const [message] = await messagesTo(person.email);
    const { json } = await harness.admin('GET', `/admin/courier/messages/${message?.id as string}`);
    expect(json.send_count).toBe(json.dispatches.length);
    expect(json.dispatches[0].status).toBe('success');
    expect(json.dispatches.at(-1)).toMatchObject({
      status: 'failed',
      error: { code: 500, status: 'Internal Server Error', message: 'not taken: 451' },
    });
  });

  it('abandons a message that the mail server refuses for good, after one try', async () => {
    const person = await createPerson(harness);
    harness.mail.setBehaviour(({ to }) => (to.includes(person.email) ? { code: 550, text: 'no such user' } : 'accept'));
    await askForCode(harness, person.email);
    await expect.poll(async () => (await messagesTo(person.email))[0]?.status, { timeout: 15_000 }).toBe('abandoned');
    harness.mail.setBehaviour(null);
    expect(await messagesTo(person.email, '&status=abandoned')).toMatchObject([{ send_count: 1 }]);
    expect(await messagesTo(person.email, '&status=sent')).toEqual([]);
  });

  it('is newest first, in pages, each message once', async () => {
    const person = await createPerson(harness);
    const flowId = await askForCode(harness, person.email);
    for (let round = 2; round <= 4; round += 1) {
      await giveAddress(harness, flowId, person.email);
      await mailedCode(harness, person.email, round);
    }
    await expect.poll(async () => (await messagesTo(person.email, '&status=sent')).length).toBe(4);
    const seen: Record<string, string>[] = [];
    let path: string | undefined = `/admin/courier/messages?recipient=${encodeURIComponent(person.email)}&page_size=3`;
    while (path !== undefined) {
      const page: Answer = await harness.admin('GET', path);
      expect(page.status).toBe(200);
      seen.push(...(page.json as Record<string, string>[]));
      path = /<([^>]*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(4);
    const times = seen.map((message) => message.created_at ?? '');
    expect(times).toEqual([...times].sort().reverse());
  });

  it.each(['?status=bogus', '?page_token=bogus', '?page_size=0', '/nope'])('refuses %s', async (query) => {
    expect((await list(query)).status).toBe(400);
  });

  it('answers 404 for an unknown id, and 405 to changes', async () => {
    expect((await list(`/${randomUUID()}`)).status).toBe(404);
    for (const method of ['POST', 'DELETE']) {
      const answer = await harness.admin(method, `/admin/courier/messages/${randomUUID()}`);
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('GET, HEAD');
    }
  });
});
