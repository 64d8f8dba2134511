import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import { rowCounts } from '../support/row-counts.js';
import type { Person } from '../support/story.js';
import { createPerson, flowRow, giveAddress, mailedCode } from '../support/story.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let harness: Harness;
let person: Person;
beforeAll(async () => {
  harness = await startHarness();
  person = await createPerson(harness);
});
afterAll(() => harness.stop());

async function begun(): Promise<string> {
  return (await harness.api('GET', '/self-service/recovery/api')).json.id as string;
}

/** What somebody might type or send to have two recipients, or another one, made of this address. */
function badAddresses(email: string): string[] {
  const [local = '', host = ''] = email.split('@');
  return [
    `${email},evil@example.test`,
    `${email};evil@example.test`,
    `${email} evil@example.test`,
    `evil@example.test,${email}`,
    `${email}\r\nBcc: evil@example.test`,
    `${email}\nTo: evil@example.test`,
    `${email}%0d%0aBcc: evil@example.test`,
    `${email}\u2028evil@example.test`,
    `"${local}"@${host}`,
    `"${email}"@${host}`,
    `"${email}, evil"@example.test`,
    `${local}(comment)@${host}`,
    `(evil@example.test)${email}`,
    `<${email}>`,
    `Person <${email}>`,
    `Group: ${email};`,
    `${local}@${host}@${host}`,
    `${local}@[127.0.0.1]`,
    `${email}.`,
    `.${email}`,
    `${local}..x@${host}`,
    `${local}\u0430@${host}`,
    `${local.replace('e', '\u0435')}@${host}`,
    `${local.replace('s', '\u017f')}@${host}`,
    `${local}@${host.replace('e', '\u212f')}`,
    `${local}\uff20${host}`,
    `${local}@${host}\u200b`,
    `${local.normalize('NFD')}\u0301@${host}`,
    `${'x'.repeat(65)}@${host}`,
    local,
    `@${host}`,
    `${local}@`,
  ];
}

describe('an address that is none, or looks like one', () => {
  it('is 400 on its field, leaves the flow as it was, and nobody gets mail', async () => {
    const flowId = await begun();
    const untouched = await flowRow(harness, flowId);
    const before = await rowCounts(harness.pool);
    for (const email of badAddresses(person.email)) {
      const answer = await giveAddress(harness, flowId, email);
      expect.soft(answer.status, `${JSON.stringify(email)}: ${answer.text}`).toBe(400);
      const field = answer.json.ui?.nodes?.find((node: any) => node.attributes.name === 'email');
      expect.soft(field?.messages?.[0]?.id, JSON.stringify(email)).toBe(4000040);
    }
    expect(await flowRow(harness, flowId)).toEqual(untouched);
    expect(await rowCounts(harness.pool)).toEqual(before);
    expect(harness.mail.messages()).toEqual([]);
  });

  it('is 400 when it comes twice, whatever the form', async () => {
    const flowId = await begun();
    const two = [`email=${person.email}&email=evil%40example.test`, `email=evil%40example.test&email=${person.email}`];
    for (const body of two.map((fields) => `method=code&${fields}`)) {
      const answer = await harness.api('POST', `/self-service/recovery?flow=${flowId}`, { headers: FORM, body });
      expect.soft(answer.status, answer.text).toBe(400);
    }
    for (const name of ['email[]', 'email[0]', 'email[address]']) {
      const body = `method=code&${encodeURIComponent(name)}=${person.email}`;
      const answer = await harness.api('POST', `/self-service/recovery?flow=${flowId}`, { headers: FORM, body });
      expect.soft(answer.status, answer.text).toBe(400);
    }
    expect((await flowRow(harness, flowId)).state).toBe('choose_method');
    expect(harness.mail.messages()).toEqual([]);
  });
});

describe('an address that somebody has', () => {
  it('gets its mail at the stored spelling only, and nobody else does', async () => {
    const flowId = await begun();
    const path = `/self-service/recovery?flow=${flowId}&email=evil%40example.test`;
    const body = {
      method: 'code',
      email: `  ${person.email.toUpperCase()}\t`,
      to: 'evil@example.test',
      traits: { email: 'evil@example.test' },
    };
    expect((await harness.api('POST', path, { body })).status).toBe(200);
    await mailedCode(harness, person.email);
    for (const mail of harness.mail.messages()) {
      expect(mail.to).toEqual([person.email]);
      expect(mail.headers.to).toBe(person.email);
      expect(Object.keys(mail.headers)).not.toEqual(expect.arrayContaining(['bcc']));
      expect(JSON.stringify(mail)).not.toContain('evil');
    }
  });
});
