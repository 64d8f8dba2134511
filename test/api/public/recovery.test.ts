import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import {
  adminCode,
  askForCode,
  createPerson,
  flowRow,
  giveAddress,
  mailedCode,
  opened,
  setPassword,
  signIn,
  submitCode,
  whoamiStatus,
} from '../../support/story.js';

let harness: Harness;
beforeAll(async () => void (harness = await startHarness()));
afterAll(() => harness.stop());

const messageIds = (json: any): number[] => ((json.ui.messages ?? []) as { id: number }[]).map(({ id }) => id);

describe("an administrator's code", () => {
  it('opens a privileged session in which a password is set that signs in', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person, { expires_in: '12h' });
    const session = opened(await submitCode(harness, flowId, code));
    expect(await whoamiStatus(harness, session.token)).toBe(200);
    const saved = await setPassword(harness, session, 'brand-new-battery-9');
    expect(saved.status).toBe(200);
    expect(saved.json.state).toBe('success');
    expect((await signIn(harness, person.email, 'brand-new-battery-9')).status).toBe(200);
    expect((await signIn(harness, person.email, 'brand-new-battery-8')).status).toBe(400);
  });

  it('does not verify the address: it proves nothing about the mailbox', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    opened(await submitCode(harness, flowId, code));
    const identity = await harness.admin('GET', `/admin/identities/${person.id}`);
    expect(identity.json.verifiable_addresses[0].verified).toBe(false);
  });

  it('works once', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    opened(await submitCode(harness, flowId, code));
    const again = await submitCode(harness, flowId, code);
    expect(again.status).toBe(400);
    expect(again.json.error.details.continue_with[0].action).toBe('show_recovery_ui');
  });

  it('ends the earlier codes of the same person once one was used', async () => {
    const person = await createPerson(harness);
    const older = await adminCode(harness, person);
    const newer = await adminCode(harness, person);
    opened(await submitCode(harness, newer.flowId, newer.code));
    expect((await submitCode(harness, older.flowId, older.code)).status).toBe(400);
    expect((await flowRow(harness, older.flowId)).outcome).toBe('cancelled');
  });

  it('is refused for a disabled account, and works once that is enabled again', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    const state = (value: string) =>
      harness.admin('PATCH', `/admin/identities/${person.id}`, { body: [{ op: 'replace', path: '/state', value }] });
    await state('inactive');
    const refused = await submitCode(harness, flowId, code);
    expect(refused.status).toBe(400);
    expect(refused.json.error.id).toBe('identity_disabled');
    await state('active');
    opened(await submitCode(harness, flowId, code));
  });

  it('comes again, the same one, for the same Idempotency-Key', async () => {
    const person = await createPerson(harness);
    const ask = (identityId: string) =>
      harness.admin('POST', '/admin/recovery/code', {
        body: { identity_id: identityId },
        headers: { 'idempotency-key': `key-${person.id}` },
      });
    const [first, second] = await Promise.all([ask(person.id), ask(person.id)]);
    expect(first.status).toBe(201);
    expect(second.json).toEqual(first.json);
    const other = await createPerson(harness);
    expect((await ask(other.id)).status).toBe(422);
  });
});

describe("a person's own recovery", () => {
  it('mails a code that opens a session and verifies the address', async () => {
    const person = await createPerson(harness, 'old-horse-battery-1');
    const flowId = await askForCode(harness, person.email);
    opened(await submitCode(harness, flowId, await mailedCode(harness, person.email)));
    const identity = await harness.admin('GET', `/admin/identities/${person.id}`);
    expect(identity.json.verifiable_addresses[0]).toMatchObject({ verified: true, status: 'completed' });
  });

  it('answers an unknown address like a known one, and mails nobody', async () => {
    const person = await createPerson(harness);
    const known = await harness.api('GET', '/self-service/recovery/api');
    const unknown = await harness.api('GET', '/self-service/recovery/api');
    const stranger = `nobody-${person.email}`;
    const a = await giveAddress(harness, known.json.id as string, person.email);
    const b = await giveAddress(harness, unknown.json.id as string, stranger);
    const alike = (answer: typeof a, id: string, email: string) =>
      answer.text
        .replaceAll(id, 'ID')
        .replaceAll(email, 'EMAIL')
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
    expect(b.status).toBe(a.status);
    expect(alike(b, unknown.json.id as string, stranger)).toBe(alike(a, known.json.id as string, person.email));
    await mailedCode(harness, person.email);
    expect(harness.mail.messages().filter((mail) => mail.to.includes(stranger))).toEqual([]);
    const guess = await submitCode(harness, unknown.json.id as string, '123456');
    expect(guess.status).toBe(200);
    expect(messageIds(guess.json)).toEqual([4060006]);
  });

  it('takes a mistyped code with patience, five times, and then no more', async () => {
    const person = await createPerson(harness);
    const flowId = await askForCode(harness, person.email);
    const code = await mailedCode(harness, person.email);
    const wrong = code === '000000' ? '000001' : '000000';
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const answer = await submitCode(harness, flowId, wrong);
      expect(answer.status).toBe(200);
      expect(answer.json.state).toBe('sent_email');
      expect(messageIds(answer.json)).toEqual([4060006]);
    }
    const sixth = await submitCode(harness, flowId, code);
    expect(sixth.status).toBe(400);
    expect(sixth.json.error.details.continue_with[0].action).toBe('show_recovery_ui');
    // Kratos would mail a code here that this flow can never accept.
    const mails = harness.mail.messages().length;
    expect((await giveAddress(harness, flowId, person.email)).status).toBe(400);
    expect(harness.mail.messages().length).toBe(mails);
    expect((await flowRow(harness, flowId)).outcome).toBe('exhausted');
  });

  it('sends another code when asked, and the older one stops working', async () => {
    const person = await createPerson(harness);
    const flowId = await askForCode(harness, person.email);
    const first = await mailedCode(harness, person.email);
    expect((await giveAddress(harness, flowId, person.email)).status).toBe(200);
    const second = await mailedCode(harness, person.email, 2);
    expect(second).not.toBe(first);
    expect(messageIds((await submitCode(harness, flowId, first)).json)).toEqual([4060006]);
    opened(await submitCode(harness, flowId, second));
  });

  it("does not let one person's code open another's account when the address in the flow changes", async () => {
    const thief = await createPerson(harness);
    const victim = await createPerson(harness);
    const flowId = await askForCode(harness, thief.email);
    const code = await mailedCode(harness, thief.email);
    expect((await giveAddress(harness, flowId, victim.email)).status).toBe(200);
    const answer = await submitCode(harness, flowId, code);
    expect(messageIds(answer.json)).toEqual([4060006]);
    expect((await flowRow(harness, flowId)).state).toBe('sent_email');
  });

  it('is refused while signed in', async () => {
    const person = await createPerson(harness, 'old-horse-battery-1');
    const signedIn = await signIn(harness, person.email, 'old-horse-battery-1');
    const answer = await harness.api('GET', '/self-service/recovery/api', {
      headers: { 'x-session-token': signedIn.json.session_token as string },
    });
    expect(answer.status).toBe(400);
    expect(answer.json.error.id).toBe('session_already_available');
  });

  it('tells all addresses of the account when it is done, and says how to object', async () => {
    const person = await createPerson(harness);
    const flowId = await askForCode(harness, person.email);
    const session = opened(await submitCode(harness, flowId, await mailedCode(harness, person.email)));
    expect((await setPassword(harness, session, 'brand-new-battery-9')).status).toBe(200);
    const notice = await harness.mail.waitFor(
      (mail) => mail.to.includes(person.email) && mail.subject.includes('recovered'),
      15_000,
    );
    expect(notice.text).toContain('If it was not you');
    expect(notice.text).toContain(harness.publicUrl);
  });
});
