import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, rowsOf, untilState, upload } from '../../support/batches.js';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { noteWorkflow } from '../../support/leftovers.js';
import {
  createPerson,
  mailedCode,
  opened,
  setPassword,
  signIn,
  submitCode,
  whoamiStatus,
} from '../../support/story.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ config: { batches: { mails_per_second: 100 } } });
});
afterAll(() => harness.stop());

const oldPassword = 'four horses crossed a bridge';

async function noteFlows(id: string): Promise<string[]> {
  const rows = await rowsOf(harness, id, 'done');
  for (const { flow_id } of rows) {
    noteWorkflow(harness.config.temporal.address, harness.config.temporal.namespace, `recovery/${flow_id}`);
  }
  return rows.map(({ flow_id }) => flow_id as string);
}

describe('a batch of recoveries', () => {
  it('ends sessions, takes passwords out of use, and mails everybody a way back in', async () => {
    const person = await createPerson(harness, oldPassword);
    const stranger = await createPerson(harness, oldPassword);
    const before = await signIn(harness, person.email, oldPassword);
    const token = before.json.session_token as string;
    expect(await whoamiStatus(harness, token)).toBe(200);

    const answer = await upload(harness, 'kind=recover&expires_in=72h', `email\n${person.email}\n`);
    expect(answer.status, answer.text).toBe(202);
    const done = await untilState(harness, answer.json.id, 'done');
    expect(done).toMatchObject({ expires_in: '72h0m0s', progress: { total: 1, done: 1, failed: 0 } });
    expect(await whoamiStatus(harness, token)).toBe(401);
    expect((await signIn(harness, person.email, oldPassword)).status).toBe(400);
    expect((await signIn(harness, stranger.email, oldPassword)).status).toBe(200);

    const [flowId = ''] = await noteFlows(answer.json.id);
    const code = await mailedCode(harness, person.email);
    const mail = harness.mail.messages().find(({ to }) => to.includes(person.email));
    expect(mail?.text).toContain(`flow=${flowId}`);
    const flow = await harness.api('GET', `/self-service/recovery/flows?id=${flowId}`);
    expect(flow.json.state).toBe('sent_email');
    const verdict = await harness.workflows.submit(
      { id: flowId, invite_id: null },
      { id: randomUUID(), digest: harness.context.keys.submissionDigest(flowId, code) },
    );
    expect(verdict?.kind).toBe('passed');
  });

  it('lets people back in who begin a recovery of their own', async () => {
    const person = await createPerson(harness, oldPassword);
    const answer = await upload(harness, 'kind=recover', `identity_id,email\n${person.id},\n`);
    await untilState(harness, answer.json.id, 'done');
    await noteFlows(answer.json.id);
    await mailedCode(harness, person.email);
    const begun = await harness.api('GET', '/self-service/recovery/api');
    await harness.api('POST', `/self-service/recovery?flow=${begun.json.id}`, {
      body: { method: 'code', email: person.email },
    });
    const session = opened(await submitCode(harness, begun.json.id, await mailedCode(harness, person.email, 2)));
    const password = `new ${randomUUID()}`;
    expect((await setPassword(harness, session, password)).status).toBe(200);
    expect((await signIn(harness, person.email, password)).status).toBe(200);
  });

  it('takes a filter in place of an upload, once for one key', async () => {
    const domain = `${randomUUID().slice(0, 8)}.test`;
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const made = await harness.admin('POST', '/admin/identities', {
        body: { traits: { email: `${name}@${domain}` } },
      });
      ids.push(made.json.id);
    }
    await harness.admin('PATCH', `/admin/identities/${ids[2]}`, {
      body: [{ op: 'replace', path: '/state', value: 'inactive' }],
    });
    const send = () =>
      harness.admin('POST', '/admin/batches?kind=recover', {
        body: { filter: { email_domain: domain } },
        headers: { 'idempotency-key': domain },
      });
    const answer = await send();
    expect(answer.status, answer.text).toBe(202);
    noteWorkflow(harness.config.temporal.address, harness.config.temporal.namespace, `batch/${answer.json.id}`);
    expect((await send()).json.id).toBe(answer.json.id);
    const done = await untilState(harness, answer.json.id, 'done');
    expect(done.progress).toMatchObject({ total: 3, done: 2, failed: 1 });
    const [failed] = await rowsOf(harness, answer.json.id, 'failed');
    expect(failed).toMatchObject({ identity_id: ids[2], reason: expect.stringMatching(/inactive/) });
    await noteFlows(answer.json.id);
    for (const name of ['a', 'b']) await mailedCode(harness, `${name}@${domain}`);
  });

  it('refuses an empty filter, a filter that chooses nobody, and one with unknown fields', async () => {
    for (const filter of [{}, { email_domain: 'nobody.invalid' }, { everybody: true }]) {
      const answer = await harness.admin('POST', '/admin/batches?kind=recover', { body: { filter } });
      expect(answer.status, answer.text).toBe(400);
    }
    expect(
      (await harness.admin('POST', '/admin/batches?kind=import', { body: { filter: { everyone: true } } })).status,
    ).toBe(415);
  });

  it('says which rows name nobody, or somebody twice', async () => {
    const person = await createPerson(harness);
    const body = `email,identity_id\n${person.email},\nnobody-${randomUUID()}@example.test,\n,${person.id}\n,${randomUUID()}\nx,\n`;
    const answer = await upload(harness, 'kind=recover&dry_run=true', body);
    expect(answer.json.progress).toMatchObject({ total: 5, bad: 4, left: 1 });
    expect((await rowsOf(harness, answer.json.id, 'bad')).map(({ reason }) => reason)).toEqual([
      'there is no such identity',
      'row 1 has the same identity',
      'there is no such identity',
      'email: is not an e-mail address',
    ]);
    expect((await command(harness, answer.json.id, 'cancel')).json.state).toBe('cancelled');
    await expect
      .poll(
        async () =>
          (
            await harness.pool.query('SELECT 1 FROM batch_rows WHERE batch_id = $1 AND payload IS NOT NULL', [
              answer.json.id,
            ])
          ).rowCount,
        { timeout: 10_000 },
      )
      .toBe(0);
  });
});
