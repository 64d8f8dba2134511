import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import {
  beginLogin,
  beginSettings,
  messageIds,
  nodeOf,
  PASSWORD,
  SECOND_FACTORS,
  setUpLookupSecrets,
  showSecondFactor,
  shownCodes,
  submitSettings,
} from '../../support/account-story.js';
import type { Person } from '../../support/story.js';
import { createPerson, signIn } from '../../support/story.js';

let harness: Harness;
beforeAll(async () => void (harness = await startHarness({ config: SECOND_FACTORS })));
afterAll(() => harness.stop());

const whoami = (token: string) => harness.api('GET', '/sessions/whoami', { headers: { 'x-session-token': token } });

async function signedIn(person: Person): Promise<string> {
  const answer = await signIn(harness, person.email, PASSWORD);
  expect(answer.status, answer.text).toBe(200);
  return answer.json.session_token as string;
}

describe('backup codes', () => {
  it('are shown, in force once confirmed, and each good for one use', async () => {
    const person = await createPerson(harness, PASSWORD);
    const token = await signedIn(person);
    const flow = await beginSettings(harness, token);
    const flowId = flow.json.id as string;
    const lookupNodes = (answer: typeof flow) =>
      answer.json.ui.nodes
        .filter((node: any) => node.group === 'lookup_secret')
        .map((node: any) => [node.attributes.name ?? node.attributes.id, node.meta.label.id]);
    expect(lookupNodes(flow)).toEqual([['lookup_secret_regenerate', 1050008]]);

    expect((await submitSettings(harness, token, flowId, { lookup_secret_confirm: true })).status).toBe(400);
    expect((await submitSettings(harness, token, flowId, { lookup_secret_reveal: true })).status).toBe(400);
    const made = await submitSettings(harness, token, flowId, {
      method: 'lookup_secret',
      lookup_secret_regenerate: true,
    });
    expect(made.status).toBe(200);
    expect(made.json.state).toBe('show_form');
    expect(lookupNodes(made)).toEqual([
      ['lookup_secret_codes', 1050010],
      ['lookup_secret_confirm', 1050011],
    ]);
    const codes = shownCodes(made);
    expect(new Set(codes).size).toBe(12);
    expect(codes.every((code) => /^[a-z0-9]{8}$/.test(code))).toBe(true);
    const list = nodeOf(made, 'lookup_secret_codes').attributes.text;
    expect(list).toMatchObject({ id: 1050015, text: codes.join(', ') });
    expect(list.context.secrets[0]).toMatchObject({ id: 1050009, text: codes[0] });
    expect((await whoami(token)).json.authenticator_assurance_level).toBe('aal1');

    const saved = await submitSettings(harness, token, flowId, { lookup_secret_confirm: true });
    expect(saved.json.state).toBe('success');
    expect(lookupNodes(saved)).toEqual([
      ['lookup_secret_reveal', 1050007],
      ['lookup_secret_disable', 1050016],
    ]);
    expect((await whoami(token)).json).toMatchObject({ authenticator_assurance_level: 'aal2' });

    const other = await signedIn(person);
    expect((await whoami(other)).status).toBe(403);
    const asked = await beginLogin(harness, other, 'aal=aal2');
    expect(lookupNodes(asked)).toEqual([
      ['lookup_secret', 1010007],
      ['method', 1010010],
    ]);
    const typed = ` ${(codes[3] ?? '').toUpperCase()} `;
    expect(messageIds(await showSecondFactor(harness, other, { lookup_secret: 'zzzzzzzz' }))).toEqual([4000016]);
    expect((await showSecondFactor(harness, other, { lookup_secret: typed })).status).toBe(200);
    const third = await signedIn(person);
    expect(messageIds(await showSecondFactor(harness, third, { lookup_secret: codes[3] ?? '' }))).toEqual([4000012]);

    const revealed = await submitSettings(harness, token, flowId, { lookup_secret_reveal: true });
    expect(lookupNodes(revealed)).toEqual([
      ['lookup_secret_regenerate', 1050008],
      ['lookup_secret_codes', 1050010],
      ['lookup_secret_disable', 1050016],
    ]);
    expect(shownCodes(revealed)).toEqual(codes.filter((code) => code !== codes[3]));
    expect(nodeOf(revealed, 'lookup_secret_codes').attributes.text.context.secrets[3]).toMatchObject({ id: 1050014 });
  });

  it('stop working when new ones are confirmed, and not before', async () => {
    const person = await createPerson(harness, PASSWORD);
    const token = await signedIn(person);
    const [one = '', two = ''] = await setUpLookupSecrets(harness, token);
    const flowId = (await beginSettings(harness, token)).json.id as string;
    const [fresh = ''] = shownCodes(await submitSettings(harness, token, flowId, { lookup_secret_regenerate: true }));
    expect((await showSecondFactor(harness, await signedIn(person), { lookup_secret: one })).status).toBe(200);
    await submitSettings(harness, token, flowId, { lookup_secret_confirm: true });
    expect(messageIds(await showSecondFactor(harness, await signedIn(person), { lookup_secret: two }))).toEqual([
      4000016,
    ]);
    expect((await showSecondFactor(harness, await signedIn(person), { lookup_secret: fresh })).status).toBe(200);
  });

  it('can be removed, and then the password is enough again', async () => {
    const person = await createPerson(harness, PASSWORD);
    const token = await signedIn(person);
    await setUpLookupSecrets(harness, token);
    const flowId = (await beginSettings(harness, token)).json.id as string;
    expect((await submitSettings(harness, token, flowId, { lookup_secret_disable: true })).status).toBe(200);
    expect((await whoami(await signedIn(person))).status).toBe(200);
    await harness.mail.waitFor(
      ({ to, subject }) => to.includes(person.email) && subject === 'The backup codes were removed',
      15_000,
    );
  });
});
