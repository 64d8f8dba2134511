import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import type { Answer } from '../../support/http.js';
import type { HttpSink } from '../../support/http-sink.js';
import { startHttpSink } from '../../support/http-sink.js';
import { noteSecret } from '../../support/leftovers.js';
import { flowRow, mailedCode, opened } from '../../support/story.js';
import { addressOf, plainBrowser } from '../../support/verification-story.js';

const email = (extra = {}) => ({
  type: 'string',
  format: 'email',
  'ory.sh/kratos': { recovery: { via: 'email' }, ...extra },
});
const schema = {
  properties: {
    traits: {
      type: 'object',
      properties: {
        email: email({ verification: { via: 'email' }, credentials: { password: { identifier: true } } }),
        fallback: email(),
        phone: { type: 'string', format: 'tel', 'ory.sh/kratos': { recovery: { via: 'sms' } } },
      },
    },
  },
};
const base64 = (value: unknown): string => `base64://${Buffer.from(JSON.stringify(value)).toString('base64')}`;
const identity = { default_schema_id: 'default', schemas: [{ id: 'default', url: base64(schema) }] };
const featureFlags = { feature_flags: { choose_recovery_address: true } };

let harness: Harness;
let provider: HttpSink;

interface Chooser {
  id: string;
  email: string;
  fallback: string;
  phone: string;
}

let count = 0;
async function person(parts: ('fallback' | 'phone')[] = ['fallback', 'phone']): Promise<Chooser> {
  const name = randomUUID().slice(0, 13);
  const chooser = {
    email: `first-${name}@example.test`,
    fallback: `other-${name}@example.test`,
    phone: `+49171${2_000_000 + (count += 1)}`,
  };
  for (const address of Object.values(chooser)) noteSecret('address', address);
  const traits = { email: chooser.email, ...Object.fromEntries(parts.map((part) => [part, chooser[part]])) };
  const answer = await harness.admin('POST', '/admin/identities', { body: { schema_id: 'default', traits } });
  expect(answer.status).toBe(201);
  return { id: answer.json.id as string, ...chooser };
}

async function begin(): Promise<string> {
  const begun = await harness.api('GET', '/self-service/recovery/api');
  expect(begun.json.state).toBe('recovery_awaiting_address');
  return begun.json.id as string;
}
const post = (flowId: string, body: Record<string, string>): Promise<Answer> =>
  harness.api('POST', `/self-service/recovery?flow=${flowId}`, { body: { method: 'code', ...body } });
const messages = (answer: Answer): number[] =>
  ((answer.json.ui.messages ?? []) as { id: number }[]).map(({ id }) => id);
const nodes = (answer: Answer): string[] =>
  (answer.json.ui.nodes as { attributes: { name: string; type: string }; messages: { id: number }[] }[]).map(
    ({ attributes, messages: own }) => [`${attributes.name} ${attributes.type}`, ...own.map(({ id }) => id)].join(' '),
  );
const choices = (answer: Answer): { value: string; label: string }[] =>
  (answer.json.ui.nodes as { attributes: { name: string; value: string }; meta: any }[])
    .filter(({ attributes }) => attributes.name === 'recovery_select_address')
    .map(({ attributes, meta }) => ({ value: attributes.value, label: meta.label.text as string }));

beforeAll(async () => {
  provider = await startHttpSink();
  const channel = { id: 'sms', request_config: { url: `${provider.url}/` } };
  harness = await startHarness({ config: { identity, ...featureFlags, courier: { channels: [channel] } } });
});
afterAll(async () => {
  await harness.stop();
  await provider.stop();
});

describe('choosing where the code goes', () => {
  it('leads over the choice and the address in full to the fallback address, and opens the account', async () => {
    const ada = await person();
    const flowId = await begin();
    const named = await post(flowId, { recovery_address: ada.email });
    expect(named).toMatchObject({ status: 200, json: { state: 'recovery_awaiting_address_choice' } });
    expect(messages(named)).toEqual([1060006]);
    expect(nodes(named)).toEqual([
      'csrf_token hidden',
      'recovery_select_address submit',
      'recovery_select_address submit',
      'recovery_select_address submit',
      'method hidden',
      'recovery_address hidden',
    ]);

    const chosen = await post(flowId, {
      recovery_address: ada.email,
      recovery_select_address: choices(named)[1]?.value ?? '',
    });
    expect(chosen).toMatchObject({ status: 200, json: { state: 'recovery_confirming_address' } });
    expect(messages(chosen)).toEqual([1060005]);
    expect(nodes(chosen)).toEqual([
      'csrf_token hidden',
      'recovery_confirm_address email',
      'recovery_address hidden',
      'method submit',
      'method hidden',
      'screen submit',
    ]);

    const confirmed = await post(flowId, { recovery_address: ada.email, recovery_confirm_address: ada.fallback });
    expect(confirmed).toMatchObject({ status: 200, json: { state: 'recovery_awaiting_code' } });
    expect(confirmed.json.ui.messages).toMatchObject([
      { id: 1060004, context: { masked_address: `ot****@example.test` } },
    ]);
    expect(nodes(confirmed)).toEqual([
      'csrf_token hidden',
      'code text',
      'method submit',
      'method hidden',
      'recovery_confirm_address submit',
      'recovery_address hidden',
      'screen submit',
    ]);

    const code = await mailedCode(harness, ada.fallback);
    expect(harness.mail.messages().filter(({ to }) => to.includes(ada.email))).toEqual([]);
    const wrong = await post(flowId, { code: code === '000000' ? '000001' : '000000' });
    expect(messages(wrong)).toEqual([4060006]);
    opened(await post(flowId, { code }));
    // The code proves the mailbox that it went to, and no other.
    expect((await addressOf(harness, ada.id)).verified).toBe(false);
  });

  it('sends to the address that was named without asking for it again', async () => {
    const ada = await person();
    const flowId = await begin();
    const named = await post(flowId, { recovery_address: ada.email });
    expect(choices(named)[0]?.label).toBe('fi****@example.test');
    const sent = await post(flowId, {
      recovery_address: ada.email,
      recovery_select_address: choices(named)[0]?.value ?? '',
    });
    expect(sent.json.state).toBe('recovery_awaiting_code');
    opened(await post(flowId, { code: await mailedCode(harness, ada.email) }));
  });

  it('sends a text message to a telephone of the account', async () => {
    const ada = await person();
    const flowId = await begin();
    const named = await post(flowId, { recovery_address: ada.email });
    const chosen = await post(flowId, {
      recovery_address: ada.email,
      recovery_select_address: choices(named)[2]?.value ?? '',
    });
    expect(nodes(chosen)).toContain('recovery_confirm_address tel');
    const sent = await post(flowId, { recovery_address: ada.email, recovery_confirm_address: ada.phone });
    expect(sent.json.ui.messages[0].context.masked_address).toBe(`+49****${ada.phone.slice(-2)}`);
    const [message] = await provider.waitFor(({ json }) => json?.recipient === ada.phone);
    const code = /\d{6}/.exec(message?.json.body as string)?.[0] ?? '';
    noteSecret('code', code);
    opened(await post(flowId, { code }));
  });

  it('offers and answers the same whatever the account has, and whether it is there or not', async () => {
    const [full, single] = [await person(), await person([])];
    const stranger = `nobody-${full.email.slice(6)}`;
    const walk = async (first: string): Promise<string[]> => {
      const flowId = await begin();
      const named = await post(flowId, { recovery_address: first });
      const chosen = await post(flowId, { recovery_select_address: choices(named)[1]?.value ?? '' });
      const sent = await post(flowId, { recovery_confirm_address: `other-of-${first}` });
      const wrong = await post(flowId, { code: '123456' });
      return [named, chosen, sent, wrong].map((answer) => {
        expect(answer.status).toBe(200);
        const tokens = choices(answer).map(({ value }) => value);
        return [...tokens, flowId, first]
          .reduce((text, part, at) => text.replaceAll(part, `#${at}`), answer.text)
          .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
          .replace(/(fi|no|ot)\*\*\*\*/g, '**');
      });
    };
    const [a, b, c] = [await walk(full.email), await walk(single.email), await walk(stranger)];
    expect(b).toEqual(a);
    expect(c).toEqual(a);
  });

  it('shows no digest of an address', async () => {
    const ada = await person();
    const flowId = await begin();
    const named = await post(flowId, { recovery_address: ada.email });
    for (const address of [ada.email, ada.fallback, ada.phone]) {
      const digest = createHash('sha256').update(address).digest();
      for (const encoding of ['base64', 'base64url', 'hex'] as const)
        expect(named.text).not.toContain(digest.toString(encoding));
    }
    for (const hint of ['ot****', `****${ada.phone.slice(-2)}`]) expect(named.text).not.toContain(hint);
    const again = await post(await begin(), { recovery_address: ada.email });
    expect(choices(again).map(({ value }) => value)).not.toEqual(choices(named).map(({ value }) => value));
  });

  it("sends nothing to an address of somebody else's account, which it answers alike", async () => {
    const [ada, eve] = [await person(), await person()];
    const flowId = await begin();
    const named = await post(flowId, { recovery_address: ada.email });
    await post(flowId, { recovery_select_address: choices(named)[1]?.value ?? '' });
    const answer = await post(flowId, { recovery_confirm_address: eve.email });
    expect(answer.json.state).toBe('recovery_awaiting_code');
    expect((await flowRow(harness, flowId)).identity_id).toBeNull();
    // The way is clear for the right one afterwards.
    await post(flowId, { recovery_confirm_address: ada.fallback });
    // The job of the first issue may still be under way and find the new address: the second issue is the one in force.
    const second = `SELECT 1 FROM courier_messages WHERE flow_id = $1 AND status = 'sent' AND dedup_key LIKE '%|2|%'`;
    await expect.poll(async () => (await harness.pool.query(second, [flowId])).rowCount, { timeout: 15_000 }).toBe(1);
    const mails = harness.mail.messages().filter(({ to }) => to.includes(ada.fallback));
    expect(harness.mail.messages().filter(({ to }) => to.includes(eve.email))).toEqual([]);
    opened(await post(flowId, { code: await mailedCode(harness, ada.fallback, mails.length) }));
  });

  it('goes back a step at a time, and a code that was sent stays good', async () => {
    const ada = await person();
    const flowId = await begin();
    const named = await post(flowId, { recovery_address: ada.email });
    await post(flowId, { recovery_select_address: choices(named)[0]?.value ?? '' });
    const code = await mailedCode(harness, ada.email);
    expect((await post(flowId, { screen: 'previous' })).json.state).toBe('recovery_awaiting_address_choice');
    expect((await post(flowId, { screen: 'previous' })).json.state).toBe('recovery_awaiting_address');
    opened(await post(flowId, { code }));
  });

  it('sends another code by the button that carries the address, and the older one stops working', async () => {
    const ada = await person();
    const flowId = await begin();
    const named = await post(flowId, { recovery_address: ada.email });
    await post(flowId, { recovery_select_address: choices(named)[1]?.value ?? '' });
    await post(flowId, { recovery_confirm_address: ada.fallback });
    const first = await mailedCode(harness, ada.fallback);
    await post(flowId, { recovery_address: ada.email, recovery_confirm_address: ada.fallback });
    const second = await mailedCode(harness, ada.fallback, 2);
    expect(messages(await post(flowId, { code: first }))).toEqual([4060006]);
    opened(await post(flowId, { code: second }));
  });

  it('says what is missing, on the field', async () => {
    const ada = await person();
    const flowId = await begin();
    const nothing = await post(flowId, {});
    expect(nothing.status).toBe(400);
    expect(nodes(nothing)).toEqual(['csrf_token hidden', 'recovery_address text 4000002', 'method submit']);
    expect(nodes(await post(flowId, { email: ada.email }))).toContain('recovery_address text 4000002');
    expect(nodes(await post(flowId, { recovery_address: 'no address' }))).toContain('recovery_address text 4000040');
    const named = await post(flowId, { recovery_address: ada.email });
    const unchosen = await post(flowId, { recovery_address: ada.email });
    expect(unchosen).toMatchObject({ status: 400, json: { state: 'recovery_awaiting_address_choice' } });
    expect(nodes(unchosen)[1]).toBe('recovery_select_address submit 4000002');
    expect((await post(flowId, { recovery_select_address: 'bogus' })).status).toBe(400);
    await post(flowId, { recovery_select_address: choices(named)[1]?.value ?? '' });
    expect(nodes(await post(flowId, {}))).toContain('recovery_confirm_address email 4000002');
    expect(nodes(await post(flowId, { recovery_confirm_address: 'x' }))).toContain(
      'recovery_confirm_address email 4000040',
    );
  });

  it('works in a browser without JavaScript', async () => {
    const ada = await person();
    const browser = plainBrowser(harness);
    const page = browser.next(await browser.get('/self-service/recovery/browser'));
    const action = `/self-service/recovery?flow=${new URL(page, harness.publicUrl).searchParams.get('flow') ?? ''}`;
    const asks = await browser.get(page);
    const csrf_token = browser.field(asks, 'csrf_token');
    const go = async (fields: Record<string, string>): Promise<Answer> =>
      browser.get(browser.next(await browser.post(action, { method: 'code', csrf_token, ...fields })));
    const choice = await go({ recovery_address: ada.email });
    expect(choice.text).toContain('data-message-id="1060006"');
    expect(choice.text).toContain('>fi****@example.test</button>');
    const token = browser.field(choice, 'recovery_select_address');
    const sent = await go({ recovery_address: ada.email, recovery_select_address: token });
    expect(sent.text).toContain('data-message-id="1060004"');
    const code = await mailedCode(harness, ada.email);
    const passed = await browser.post(action, { method: 'code', csrf_token, code });
    expect(passed.headers.get('location')).toContain('/ui/settings?flow=');
  });
});

describe('where every account has one address', () => {
  it('nothing is to be chosen: the code goes to it', async () => {
    const plain = await startHarness({ config: featureFlags });
    try {
      const address = 'only-one@example.test';
      noteSecret('address', address);
      await plain.admin('POST', '/admin/identities', { body: { traits: { email: address } } });
      const flowId = (await plain.api('GET', '/self-service/recovery/api')).json.id as string;
      const send = (recovery_address: string, id = flowId) =>
        plain.api('POST', `/self-service/recovery?flow=${id}`, { body: { method: 'code', recovery_address } });
      expect((await send(address)).json.state).toBe('recovery_awaiting_code');
      const other = (await plain.api('GET', '/self-service/recovery/api')).json.id as string;
      expect((await send('nobody-has-this@example.test', other)).json.state).toBe('recovery_awaiting_code');
      const body = { method: 'code', code: await mailedCode(plain, address) };
      opened(await plain.api('POST', `/self-service/recovery?flow=${flowId}`, { body }));
    } finally {
      await plain.stop();
    }
  });
});
