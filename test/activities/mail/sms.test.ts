import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import type { HttpSink } from '../../support/http-sink.js';
import { startHttpSink } from '../../support/http-sink.js';
import { noteSecret } from '../../support/leftovers.js';
import { askForCode, giveAddress, opened, setPassword, submitCode } from '../../support/story.js';
import { addressOf, askToVerify, submitVerificationCode } from '../../support/verification-story.js';

const phoneSchema = {
  properties: {
    traits: {
      type: 'object',
      properties: {
        email: { type: 'string', format: 'email', 'ory.sh/kratos': { recovery: { via: 'email' } } },
        phone: {
          type: 'string',
          format: 'tel',
          'ory.sh/kratos': {
            credentials: { password: { identifier: true } },
            recovery: { via: 'sms' },
            verification: { via: 'sms' },
          },
        },
      },
    },
  },
};
const base64 = (value: unknown): string => `base64://${Buffer.from(JSON.stringify(value)).toString('base64')}`;
const identity = { default_schema_id: 'default', schemas: [{ id: 'default', url: base64(phoneSchema) }] };

let count = 0;
async function personWithPhone(harness: Harness): Promise<{ id: string; phone: string }> {
  const phone = `+4930${1_000_000 + (count += 1)}${process.pid % 10_000}`.slice(0, 16);
  noteSecret('address', phone);
  const answer = await harness.admin('POST', '/admin/identities', {
    body: { schema_id: 'default', traits: { phone } },
  });
  expect(answer.status).toBe(201);
  return { id: answer.json.id as string, phone };
}

const codeIn = (text: string): string => {
  const code = /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0] ?? '';
  noteSecret('code', code);
  return code;
};
const messagesTo = async (harness: Harness, phone: string): Promise<Record<string, any>[]> =>
  (await harness.admin('GET', `/admin/courier/messages?recipient=${encodeURIComponent(phone)}`)).json as Record<
    string,
    any
  >[];

describe('a telephone number as an address', () => {
  let harness: Harness;
  let provider: HttpSink;
  beforeAll(async () => {
    provider = await startHttpSink();
    harness = await startHarness({
      config: {
        identity,
        courier: {
          channels: [
            {
              id: 'sms',
              type: 'http',
              request_config: {
                url: `${provider.url}/messages`,
                method: 'POST',
                headers: { 'X-Account': 'latchkey' },
                body: base64({
                  to: '{{ .Recipient }}',
                  text: '{{ .Body }}',
                  kind: '{{ .TemplateType }}',
                  flash: false,
                }),
                auth: { type: 'basic_auth', config: { user: 'me', password: 'a-provider-password' } },
              },
            },
          ],
        },
      },
    });
  });
  afterAll(async () => {
    await harness.stop();
    await provider.stop();
  });
  const sentTo = (phone: string, nth = 1) => provider.waitFor(({ json }) => json?.to === phone, nth);

  it('gets its code as a text message, and recovers the account', async () => {
    const { id, phone } = await personWithPhone(harness);
    // Typed with spaces, as people do.
    const flowId = await askForCode(harness, `${phone.slice(0, 3)} ${phone.slice(3, 6)} ${phone.slice(6)}`);
    const [request] = await sentTo(phone);
    expect(request).toMatchObject({
      method: 'POST',
      path: '/messages',
      json: { to: phone, kind: 'recovery_code_valid', flash: false },
      headers: {
        'content-type': 'application/json',
        'x-account': 'latchkey',
        authorization: `Basic ${Buffer.from('me:a-provider-password').toString('base64')}`,
        'idempotency-key': `recovery_code_valid.${flowId}.1`,
      },
    });
    const code = codeIn(request?.json.text as string);
    expect(request?.json.text).toMatch(new RegExp(`\\n@127\\.0\\.0\\.1 #${code}$`));
    const session = opened(await submitCode(harness, flowId, code));
    expect(await addressOf(harness, id)).toMatchObject({ via: 'sms', verified: true });
    expect((await setPassword(harness, session, 'brand-new-battery-9')).status).toBe(200);
    // The notice goes there too.
    const [, notice] = await sentTo(phone, 2);
    expect(notice?.json).toMatchObject({
      kind: 'recovery_notice',
      text: expect.stringContaining('Was it not you?') as string,
    });
    expect(await messagesTo(harness, phone)).toMatchObject([
      { type: 'sms', channel: 'sms', status: 'sent', body: '<redacted>' },
      { type: 'sms', channel: 'sms', status: 'sent', body: '<redacted>' },
    ]);
  });

  it('is verified by a code', async () => {
    const { id, phone } = await personWithPhone(harness);
    const flowId = await askToVerify(harness, phone);
    const [request] = await sentTo(phone);
    expect((await submitVerificationCode(harness, flowId, codeIn(request?.json.text as string))).json.state).toBe(
      'passed_challenge',
    );
    expect(await addressOf(harness, id)).toMatchObject({ via: 'sms', verified: true });
  });

  it('is tried again while the provider is away, with the same code', async () => {
    const { phone } = await personWithPhone(harness);
    provider.answerWith(({ json }) => (json?.to === phone ? 503 : 200));
    await askForCode(harness, phone);
    await sentTo(phone, 2);
    provider.answerWith(null);
    await expect.poll(async () => (await messagesTo(harness, phone))[0]?.status, { timeout: 15_000 }).toBe('sent');
    const requests = provider.requests.filter(({ json }) => json?.to === phone);
    expect(new Set(requests.map(({ body }) => body.replace(/for [^.]*\./, ''))).size).toBe(1);
    expect(new Set(requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('is given up when the provider refuses the number', async () => {
    const { phone } = await personWithPhone(harness);
    provider.answerWith(({ json }) => (json?.to === phone ? 422 : 200));
    await askForCode(harness, phone);
    await expect.poll(async () => (await messagesTo(harness, phone))[0]?.status, { timeout: 15_000 }).toBe('abandoned');
    provider.answerWith(null);
    const [message] = await messagesTo(harness, phone);
    const { json } = await harness.admin('GET', `/admin/courier/messages/${message?.id as string}`);
    expect(json).toMatchObject({
      send_count: 1,
      dispatches: [{ status: 'failed', error: { message: 'not taken: http 422' } }],
    });
  });

  it('that nobody has is answered alike, and no message is paid for', async () => {
    const { phone } = await personWithPhone(harness);
    const known = await harness.api('GET', '/self-service/recovery/api');
    const unknown = await harness.api('GET', '/self-service/recovery/api');
    const a = await giveAddress(harness, known.json.id as string, phone);
    const b = await giveAddress(harness, unknown.json.id as string, '+4915112345678');
    const alike = (text: string, id: unknown, number: string) =>
      text
        .replaceAll(String(id), 'ID')
        .replaceAll(number, 'NUMBER')
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
    expect(alike(b.text, unknown.json.id, '+4915112345678')).toBe(alike(a.text, known.json.id, phone));
    await sentTo(phone);
    expect(provider.requests.filter(({ json }) => json?.to === '+4915112345678')).toEqual([]);
  });

  it('makes the form ask for either', async () => {
    const { json } = await harness.api('GET', '/self-service/recovery/api');
    const input = (json.ui.nodes as { attributes: { name: string; type: string }; meta: any }[]).find(
      ({ attributes }) => attributes.name === 'email',
    );
    expect(input?.attributes.type).toBe('text');
    expect(input?.meta.label.id).toBe(1070016);
  });
});

describe('the request to a provider', () => {
  let provider: HttpSink;
  beforeAll(async () => void (provider = await startHttpSink()));
  afterAll(() => provider.stop());

  it('goes as a form where its headers say so, with a key in a header', async () => {
    const harness = await startHarness({
      config: {
        identity,
        courier: {
          channels: [
            {
              id: 'sms',
              request_config: {
                url: `${provider.url}/form`,
                headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
                body: base64({ To: '{{ .Recipient }}', Body: '{{ .Body }}' }),
                auth: { type: 'api_key', config: { name: 'X-Api-Key', value: 'k-123456', in: 'header' } },
              },
            },
          ],
        },
      },
    });
    try {
      const { phone } = await personWithPhone(harness);
      await askForCode(harness, phone);
      const [request] = await provider.waitFor(({ path }) => path === '/form');
      expect(request?.headers['x-api-key']).toBe('k-123456');
      const form = new URLSearchParams(request?.body);
      expect(form.get('To')).toBe(phone);
      codeIn(form.get('Body') ?? '');
    } finally {
      await harness.stop();
    }
  });

  it('holds recipient and body where none is configured', async () => {
    const channel = { id: 'sms', request_config: { url: `${provider.url}/plain` } };
    const harness = await startHarness({ config: { identity, courier: { channels: [channel] } } });
    try {
      const { phone } = await personWithPhone(harness);
      await askForCode(harness, phone);
      const [request] = await provider.waitFor(({ path }) => path === '/plain');
      expect(request?.json).toEqual({
        recipient: phone,
        body: expect.stringContaining('is your code') as string,
        template_type: 'recovery_code_valid',
      });
      codeIn(request?.json.body as string);
    } finally {
      await harness.stop();
    }
  });
});

describe('without a channel for text messages', () => {
  it('telephone numbers are not taken, instead of waiting for a message that never comes', async () => {
    const harness = await startHarness({ config: { identity }, workers: false });
    try {
      const { phone } = await personWithPhone(harness);
      const begun = await harness.api('GET', '/self-service/recovery/api');
      const answer = await giveAddress(harness, begun.json.id as string, phone);
      expect(answer.status).toBe(400);
      const input = (answer.json.ui.nodes as { attributes: { name: string }; messages: { id: number }[] }[]).find(
        ({ attributes }) => attributes.name === 'email',
      );
      expect(input?.messages.map(({ id }) => id)).toEqual([4000040]);
    } finally {
      await harness.stop();
    }
  });
});
