import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../../platform/config/load.js';
import type { LoadedConfig } from '../../../platform/config/load.js';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-requests-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'body.json'), '{"to":"{{ .Recipient }}"}');
writeFileSync(join(folder, 'broken.json'), '{');
writeFileSync(join(folder, 'body.jsonnet'), 'function(ctx) { to: ctx.recipient }');

const ENV = { SECRETS_DEFAULT: 'a-secret-for-these-tests' };
const base64 = (text: string): string => `base64://${Buffer.from(text).toString('base64')}`;

function load(content: unknown): LoadedConfig {
  const file = join(folder, 'latchkey.yml');
  writeFileSync(file, JSON.stringify(content));
  return loadConfig({ file, env: ENV });
}

function problems(content: unknown): string {
  try {
    load(content);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

const channel = (request: Record<string, unknown>) => ({
  courier: {
    channels: [{ id: 'sms', type: 'http', request_config: { url: 'https://sms.example.test/', ...request } }],
  },
});
const recoveryHooks = (...hooks: unknown[]) => ({ selfservice: { flows: { recovery: { after: { hooks } } } } });

describe('a channel for text messages', () => {
  it('is a request, with the body read from where it says', () => {
    const auth = { type: 'api_key', config: { name: 'X-Key', value: 'k', in: 'cookie' } };
    const { config, ignored } = load(channel({ method: 'PUT', headers: { A: 'b' }, body: 'file://body.json', auth }));
    expect(config.courier.sms).toEqual({
      url: 'https://sms.example.test/',
      method: 'PUT',
      headers: { A: 'b' },
      body: { to: '{{ .Recipient }}' },
      auth: { type: 'api_key', name: 'X-Key', value: 'k', in: 'cookie' },
    });
    expect(ignored).toEqual([]);
    expect(load({}).config.courier.sms).toBeNull();
  });

  it.each([
    ['file://body.jsonnet'],
    ['https://example.test/body.jsonnet'],
    [base64('function(ctx) { to: ctx.recipient }')],
    [base64('local x = 1;\nfunction (ctx) x')],
  ])('leaves Jsonnet out, and says so: %s', (body) => {
    const { config, ignored } = load(channel({ body }));
    expect(config.courier.sms?.body).toBeNull();
    expect(ignored).toEqual(['courier.channels[0].request_config.body (Jsonnet)']);
  });

  it.each([
    [{ body: 'file://missing.json' }, 'request_config.body: names a file that cannot be read (ENOENT)'],
    [{ body: 'file://broken.json' }, 'request_config.body: names a document that is not JSON'],
    [{ url: 'ftp://x' }, 'is not an http or https URL'],
    [
      { auth: { type: 'basic_auth', config: { user: 'me' } } },
      'request_config.auth.config: needs "user" and "password"',
    ],
    [{ auth: { type: 'api_key', config: { name: 'X-Key' } } }, 'request_config.auth.config: needs "name" and "value"'],
    [{ headers: { 'a b': 'c' } }, 'is not the name of a header'],
    [{ methode: 'POST' }, 'courier.channels[0].request_config.methode: is not a key'],
  ])('is refused with %j', (request, problem) => {
    expect(problems(channel(request))).toContain(problem);
  });

  it('never repeats its password in an error', () => {
    const auth = { type: 'basic_auth', config: { user: 'me', password: 'sec\u0000ret' } };
    expect(problems(channel({ auth }))).not.toContain('ret');
  });

  it('stands there once', () => {
    const one = channel({}).courier.channels[0];
    expect(problems({ courier: { channels: [one, { ...one, type: undefined }] } })).toContain('courier.channels');
  });
});

describe('web hooks', () => {
  it('are kept in order, with what Kratos alone knows left out', () => {
    const hook = (url: string, extra = {}) => ({ hook: 'web_hook', config: { url, method: 'POST', ...extra } });
    const { config, ignored } = load({
      selfservice: {
        flows: {
          recovery: {
            after: {
              hooks: [
                hook('https://a.example.test/', { can_interrupt: true, response: { ignore: true } }),
                { hook: 'revoke_active_sessions' },
                hook('https://b.example.test/', { body: 'file://body.jsonnet' }),
              ],
            },
          },
          settings: {
            after: {
              password: { hooks: [hook('https://p.example.test/')] },
              profile: { hooks: [hook('https://t.example.test/')] },
              hooks: [hook('https://all.example.test/')],
            },
          },
        },
      },
    });
    const { recovery, settings } = config.selfservice.flows;
    expect(recovery.revokeActiveSessions).toBe(true);
    expect(recovery.webHooks.map(({ url }) => url)).toEqual(['https://a.example.test/', 'https://b.example.test/']);
    expect(settings.webHooks.map(({ method, request }) => [method, request.url])).toEqual([
      ['password', 'https://p.example.test/'],
      ['profile', 'https://t.example.test/'],
      [null, 'https://all.example.test/'],
    ]);
    expect(ignored).toEqual([
      'selfservice.flows.recovery.after.hooks[0].config.can_interrupt',
      'selfservice.flows.recovery.after.hooks[0].config.response',
      'selfservice.flows.recovery.after.hooks[2].config.body (Jsonnet)',
    ]);
  });

  it.each([
    [{ hook: 'web_hook' }, 'selfservice.flows.recovery.after.hooks[0].config: is missing'],
    [{ hook: 'web_hook', config: {} }, 'selfservice.flows.recovery.after.hooks[0].config.url: is missing'],
    [{ hook: 'mail_hook' }, 'is not one of revoke_active_sessions, web_hook'],
  ])('are refused as %j', (hook, problem) => {
    expect(problems(recoveryHooks(hook))).toContain(problem);
  });
});
