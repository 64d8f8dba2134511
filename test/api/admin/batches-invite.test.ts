import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOf, untilState, upload } from '../../support/batches.js';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { noteWorkflow } from '../../support/leftovers.js';
import { createPerson, mailedCode } from '../../support/story.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ config: { batches: { mails_per_second: 100 } } });
});
afterAll(() => harness.stop());

async function invitesOf(id: string): Promise<string[]> {
  const rows = await rowsOf(harness, id, 'done');
  for (const { invite_id } of rows) {
    noteWorkflow(harness.config.temporal.address, harness.config.temporal.namespace, `invite/${invite_id}`);
  }
  return rows.map(({ invite_id }) => invite_id as string);
}

describe('a batch of invites', () => {
  it('makes new people, invites them and mails each', async () => {
    const m = randomUUID().slice(0, 8);
    const body = `email,name.first,locale,expires_in\na-${m}@example.test,Ada,de-CH,\nb-${m}@example.test,,,48h\nnothing,,,\nc-${m}@example.test,,,forever\n`;
    const answer = await upload(harness, 'kind=invite&expires_in=72h', body);
    expect(answer.status, answer.text).toBe(202);
    const done = await untilState(harness, answer.json.id, 'done');
    expect(done.progress).toMatchObject({ total: 4, bad: 2, done: 2, failed: 0 });
    const ids = await invitesOf(answer.json.id);
    const shown = await Promise.all(ids.map(async (id) => (await harness.admin('GET', `/admin/invites/${id}`)).json));
    expect(shown.map(({ address }) => address)).toEqual([`a-${m}@example.test`, `b-${m}@example.test`]);
    const hours = shown.map((one) => Math.round((Date.parse(one.expires_at) - Date.parse(one.created_at)) / 3_600_000));
    expect(hours).toEqual([72, 48]);
    for (const name of ['a', 'b']) await mailedCode(harness, `${name}-${m}@example.test`);
    await expect
      .poll(async () => (await harness.admin('GET', `/admin/invites/${ids[0]}`)).json.status, { timeout: 10_000 })
      .toBe('sent');
  });

  it('invites people who exist, once', async () => {
    const person = await createPerson(harness);
    const rows = [
      { identity_id: person.id },
      { identity_id: person.id },
      { identity_id: randomUUID() },
      { traits: { email: person.email } },
    ];
    const body = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    const answer = await upload(harness, 'kind=invite', body, { 'content-type': 'application/x-ndjson' });
    expect(answer.status, answer.text).toBe(202);
    const done = await untilState(harness, answer.json.id, 'done');
    expect(done.progress).toMatchObject({ total: 4, bad: 2, done: 1, failed: 1 });
    expect((await rowsOf(harness, answer.json.id, 'bad')).map(({ reason }) => reason)).toEqual([
      'row 1 has the same identity',
      'another identity has this login name',
    ]);
    expect((await rowsOf(harness, answer.json.id, 'failed'))[0].reason).toMatch(/no such identity/);
    await invitesOf(answer.json.id);
    await mailedCode(harness, person.email);
  });
});
