import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import type { Answer } from '../../support/http.js';
import { adminCode, createPerson, mailedCode, submitCode } from '../../support/story.js';
import {
  addressOf,
  askToVerify,
  beginVerification,
  giveVerificationAddress,
  mailedVerificationLink,
  plainBrowser,
  submitVerificationCode,
  verificationRow,
} from '../../support/verification-story.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    config: { selfservice: { flows: { verification: { after: { default_browser_return_url: '/welcome' } } } } },
  });
});
afterAll(() => harness.stop());

const ids = (answer: Answer): number[] => ((answer.json.ui.messages ?? []) as { id: number }[]).map(({ id }) => id);
const names = (answer: Answer): string[] =>
  (answer.json.ui.nodes as { group: string; attributes: { name: string; type: string } }[]).map(
    ({ group, attributes }) => `${group} ${attributes.name} ${attributes.type}`,
  );
const wrongFor = (code: string): string => (code === '000000' ? '000001' : '000000');

describe('a verification by code', () => {
  it('mails a code to the stored address and marks that verified, with what each step shows', async () => {
    const person = await createPerson(harness);
    const begun = await harness.api('GET', '/self-service/verification/api');
    expect(begun).toMatchObject({ status: 200, json: { type: 'api', active: 'code', state: 'choose_method' } });
    expect(names(begun)).toEqual(['code email email', 'code method submit']);
    const flowId = begun.json.id as string;
    expect(begun.json.ui.action).toBe(`${harness.publicUrl}/self-service/verification?flow=${flowId}`);

    const sent = await giveVerificationAddress(harness, flowId, person.email.toUpperCase());
    expect(sent).toMatchObject({ status: 200, json: { state: 'sent_email' } });
    expect(ids(sent)).toEqual([1080003]);
    expect(names(sent)).toEqual(['code code text', 'code method hidden', 'code method submit', 'code email submit']);
    const code = await mailedCode(harness, person.email);
    await expect.poll(async () => (await addressOf(harness, person.id)).status).toBe('sent');

    const wrong = await submitVerificationCode(harness, flowId, wrongFor(code));
    expect(wrong).toMatchObject({ status: 200, json: { state: 'sent_email' } });
    expect(ids(wrong)).toEqual([4070006]);

    const done = await submitVerificationCode(harness, flowId, code);
    expect(done).toMatchObject({ status: 200, json: { state: 'passed_challenge', ui: { method: 'GET' } } });
    expect(ids(done)).toEqual([1080002]);
    expect(done.json.ui.nodes[0]).toMatchObject({
      type: 'a',
      attributes: { href: `${harness.publicUrl}/welcome`, id: 'continue', title: { id: 1070009 } },
    });
    expect(await addressOf(harness, person.id)).toMatchObject({
      verified: true,
      status: 'completed',
      verified_at: expect.any(String) as string,
    });
    const fetched = await harness.api('GET', `/self-service/verification/flows?id=${flowId}`);
    expect(fetched.json.state).toBe('passed_challenge');
  });

  it('gives no session, and its code is worth nothing in a recovery', async () => {
    const person = await createPerson(harness);
    const recovery = await adminCode(harness, person);
    const flowId = await askToVerify(harness, person.email);
    const code = await mailedCode(harness, person.email);
    expect((await submitCode(harness, recovery.flowId, code)).json.state).not.toBe('passed_challenge');
    expect(
      (await harness.api('POST', `/self-service/recovery?flow=${flowId}`, { body: { method: 'code', code } })).status,
    ).toBe(404);
    const done = await submitVerificationCode(harness, flowId, code);
    expect(done.status).toBe(200);
    expect(done.headers.getSetCookie()).toEqual([]);
    expect(done.text).not.toContain('ory_st_');
  });

  it('answers a code that was used with a new flow', async () => {
    const person = await createPerson(harness);
    const flowId = await askToVerify(harness, person.email);
    const code = await mailedCode(harness, person.email);
    await submitVerificationCode(harness, flowId, code);
    const again = await submitVerificationCode(harness, flowId, code);
    expect(again).toMatchObject({ status: 410, json: { error: { id: 'self_service_flow_replaced', code: 410 } } });
    expect(again.headers.get('ory-error-id')).toBe('self_service_flow_replaced');
    const next = await harness.api('GET', `/self-service/verification/flows?id=${again.json.use_flow_id as string}`);
    expect(next).toMatchObject({ status: 200, json: { state: 'choose_method' } });
    expect(ids(next)).toEqual([4070002]);
  });

  it('takes five wrong codes and then, with a new flow, no more, even the right one', async () => {
    const person = await createPerson(harness);
    const flowId = await askToVerify(harness, person.email);
    const code = await mailedCode(harness, person.email);
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const answer = await submitVerificationCode(harness, flowId, wrongFor(code));
      expect(answer.status).toBe(200);
      expect(ids(answer)).toEqual([4070006]);
    }
    const sixth = await submitVerificationCode(harness, flowId, code);
    expect(sixth).toMatchObject({ status: 410, json: { error: { id: 'self_service_flow_replaced' } } });
    expect((await addressOf(harness, person.id)).verified).toBe(false);
    expect((await verificationRow(harness, flowId)).outcome).toBe('exhausted');
    // Its failures do not hold the person's recovery.
    const { rows } = await harness.pool.query(`SELECT subject, failed FROM attempt_counters WHERE subject LIKE $1`, [
      `%${person.id}`,
    ]);
    expect(rows).toEqual([{ subject: `verification:identity:${person.id}`, failed: 5 }]);
  });

  it('counts codes that are entered before any was sent', async () => {
    const flowId = await beginVerification(harness);
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const answer = await submitVerificationCode(harness, flowId, '123456');
      expect(answer).toMatchObject({ status: 200, json: { state: 'choose_method' } });
      expect(ids(answer)).toEqual([4070006]);
    }
    expect((await submitVerificationCode(harness, flowId, '123456')).status).toBe(410);
  });

  it('sends another code when asked, and the older one stops working', async () => {
    const person = await createPerson(harness);
    const flowId = await askToVerify(harness, person.email);
    const first = await mailedCode(harness, person.email);
    expect((await giveVerificationAddress(harness, flowId, person.email)).status).toBe(200);
    const second = await mailedCode(harness, person.email, 2);
    expect(ids(await submitVerificationCode(harness, flowId, first))).toEqual([4070006]);
    expect((await submitVerificationCode(harness, flowId, second)).json.state).toBe('passed_challenge');
  });

  it('passes once, of eight right codes at once', async () => {
    const person = await createPerson(harness);
    const flowId = await askToVerify(harness, person.email);
    const code = await mailedCode(harness, person.email);
    const answers = await Promise.all(Array.from({ length: 8 }, () => submitVerificationCode(harness, flowId, code)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(1);
    expect(statuses.every((status) => [200, 410].includes(status))).toBe(true);
    const { rows } = await harness.pool.query(
      `SELECT count(*)::int AS passed FROM verification_submissions WHERE flow_id = $1 AND verdict->'verdict'->>'kind' = 'passed'`,
      [flowId],
    );
    expect(rows).toEqual([{ passed: 1 }]);
  });

  it('answers an unknown address like a known one, and mails nobody', async () => {
    const person = await createPerson(harness);
    const [known, unknown] = [await beginVerification(harness), await beginVerification(harness)];
    const stranger = `nobody-${person.email}`;
    const a = await giveVerificationAddress(harness, known, person.email);
    const b = await giveVerificationAddress(harness, unknown, stranger);
    const alike = (answer: Answer, id: string, email: string) =>
      answer.text
        .replaceAll(id, 'ID')
        .replaceAll(email, 'EMAIL')
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
    expect(b.status).toBe(a.status);
    expect(alike(b, unknown, stranger)).toBe(alike(a, known, person.email));
    await mailedCode(harness, person.email);
    expect(harness.mail.messages().filter((mail) => mail.to.includes(stranger))).toEqual([]);
    expect(ids(await submitVerificationCode(harness, unknown, '123456'))).toEqual([4070006]);
  });

  it('verifies nothing when the address has left the account since', async () => {
    const person = await createPerson(harness);
    const flowId = await askToVerify(harness, person.email);
    const code = await mailedCode(harness, person.email);
    await harness.admin('PATCH', `/admin/identities/${person.id}`, {
      body: [{ op: 'replace', path: '/traits/email', value: `new-${person.email}` }],
    });
    expect((await submitVerificationCode(harness, flowId, code)).status).toBe(410);
    expect(await addressOf(harness, person.id)).toMatchObject({ value: `new-${person.email}`, verified: false });
  });

  it.each([
    [{ method: 'code' }, [4000002]],
    [{ method: 'code', email: 'no address at all' }, [4000040]],
  ])('answers %j with the message on the field', async (body, wanted) => {
    const flowId = await beginVerification(harness);
    const answer = await harness.api('POST', `/self-service/verification?flow=${flowId}`, { body });
    expect(answer.status).toBe(400);
    const email = (answer.json.ui.nodes as { attributes: { name: string }; messages: { id: number }[] }[]).find(
      ({ attributes }) => attributes.name === 'email',
    );
    expect(email?.messages.map(({ id }) => id)).toEqual(wanted);
  });

  it('refuses what is not its own', async () => {
    const flowId = await beginVerification(harness);
    const post = (query: string, body: unknown, headers = {}) =>
      harness.api('POST', `/self-service/verification${query}`, { body, headers });
    expect(ids(await post(`?flow=${flowId}`, { method: 'link', email: 'a@example.test' }))).toEqual([4010006]);
    expect((await post('', { method: 'code' })).status).toBe(400);
    expect((await post(`?flow=${randomUUID()}`, { method: 'code' })).status).toBe(404);
    expect((await harness.api('GET', `/self-service/verification/flows?id=${randomUUID()}`)).status).toBe(404);
    expect((await harness.api('GET', '/self-service/verification/flows?id=nope')).status).toBe(400);
    const browserLike = await post(
      `?flow=${flowId}`,
      { method: 'code', email: 'a@example.test' },
      { origin: 'http://x.test' },
    );
    expect(browserLike.status).toBe(400);
    const forbidden = await harness.api('GET', '/self-service/verification/browser?return_to=https://evil.example/');
    expect(forbidden.json.error.id).toBe('self_service_flow_return_to_forbidden');
  });

  it('is answered with a new flow when it has expired', async () => {
    const person = await createPerson(harness);
    const flowId = await askToVerify(harness, person.email);
    const code = await mailedCode(harness, person.email);
    harness.clock.ahead = 3_600_001;
    try {
      expect((await harness.api('GET', `/self-service/verification/flows?id=${flowId}`)).status).toBe(410);
      const late = await submitVerificationCode(harness, flowId, code);
      expect(late).toMatchObject({ status: 410, json: { error: { id: 'self_service_flow_expired' } } });
      expect(late.json).toMatchObject({
        since: expect.any(Number) as number,
        use_flow_id: expect.any(String) as string,
      });
      const next = await harness.api('GET', `/self-service/verification/flows?id=${late.json.use_flow_id as string}`);
      expect(ids(next)).toEqual([4070005]);
    } finally {
      harness.clock.ahead = 0;
    }
    expect((await addressOf(harness, person.id)).verified).toBe(false);
  });
});

describe('a verification in a browser', () => {
  it('goes from page to page without JavaScript, and leads on to return_to', async () => {
    const person = await createPerson(harness);
    const browser = plainBrowser(harness);
    const returnTo = `${harness.publicUrl}/app`;
    const begun = await browser.get(`/self-service/verification/browser?return_to=${encodeURIComponent(returnTo)}`);
    const page = browser.next(begun);
    const asks = await browser.get(page);
    expect(asks.text).toContain('Confirm your address');
    const action = `/self-service/verification?flow=${new URL(page, harness.publicUrl).searchParams.get('flow') ?? ''}`;
    const csrf_token = browser.field(asks, 'csrf_token');
    const posted = await browser.post(action, { method: 'code', email: person.email, csrf_token });
    const sent = await browser.get(browser.next(posted));
    expect(sent.text).toContain('data-message-id="1080003"');
    const code = await mailedCode(harness, person.email);
    const done = await browser.get(browser.next(await browser.post(action, { method: 'code', code, csrf_token })));
    expect(done.text).toContain('data-message-id="1080002"');
    expect(done.text).toContain(`href="${returnTo}"`);
    expect((await addressOf(harness, person.id)).verified).toBe(true);
  });

  it('sends nothing for a form that is not from this browser', async () => {
    const person = await createPerson(harness);
    const [mine, other] = [plainBrowser(harness), plainBrowser(harness)];
    const page = mine.next(await mine.get('/self-service/verification/browser'));
    const flowId = new URL(page, harness.publicUrl).searchParams.get('flow') ?? '';
    expect((await other.get(page)).status).toBe(403);
    const forged = await other.post(`/self-service/verification?flow=${flowId}`, {
      method: 'code',
      email: person.email,
    });
    expect(forged.headers.get('location')).toContain('/ui/error?id=');
    expect((await verificationRow(harness, flowId)).state).toBe('choose_method');
  });

  it('fills in the code in whatever browser the mailed link is opened, and opening it uses nothing up', async () => {
    const person = await createPerson(harness);
    const flowId = await askToVerify(harness, person.email);
    const link = await mailedVerificationLink(harness, person.email);
    const path = `${link.pathname}${link.search}`;
    // A mail scanner.
    for (let round = 0; round < 3; round += 1) {
      expect((await plainBrowser(harness).head(path)).headers.get('location')).not.toContain('code');
      await plainBrowser(harness).get(path);
    }
    const browser = plainBrowser(harness);
    const opened = await browser.get(path);
    expect(opened.headers.get('referrer-policy')).toBe('no-referrer');
    const page = await browser.get(browser.next(opened));
    const code = browser.field(page, 'code');
    expect(code).toBe(link.searchParams.get('code'));
    // The address is for the one who entered it.
    expect(page.text).not.toContain(person.email);
    // Nobody else sees the code: not the app that began the flow, to whom the mailbox may not belong.
    const seen = await harness.api('GET', `/self-service/verification/flows?id=${flowId}`);
    expect(seen.text).not.toContain(code);
    expect((await addressOf(harness, person.id)).verified).toBe(false);
    const done = await browser.post(`/self-service/verification?flow=${flowId}`, { method: 'code', code });
    expect((await browser.get(browser.next(done))).text).toContain('data-message-id="1080002"');
    expect((await addressOf(harness, person.id)).verified).toBe(true);
    // Clicked once more.
    const again = plainBrowser(harness);
    expect((await again.get(again.next(await again.get(path)))).text).toContain('data-message-id="1080002"');
  });
});
