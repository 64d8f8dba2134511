import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { registerCors } from '../../api/cors.js';
import type { Config } from '../../platform/config/config.js';

type Cors = Config['serve']['public']['cors'];

async function answer(cors: Partial<Cors>, method: 'GET' | 'OPTIONS', headers: Record<string, string>) {
  const app = Fastify();
  registerCors(app, {
    enabled: true,
    allowedOrigins: ['https://app.example.com'],
    allowedMethods: ['POST', 'GET'],
    allowedHeaders: ['Authorization', 'X-Session-Token'],
    exposedHeaders: ['Content-Type'],
    allowCredentials: true,
    ...cors,
  });
  app.get('/', async () => 'hello');
  const response = await app.inject({ method, url: '/', headers });
  await app.close();
  return response;
}

function preflight(cors: Partial<Cors>, origin: string, asks: { method?: string; headers?: string } = {}) {
  return answer(cors, 'OPTIONS', {
    origin,
    'access-control-request-method': asks.method ?? 'POST',
    ...(asks.headers !== undefined && { 'access-control-request-headers': asks.headers }),
  });
}

const allowedOrigin = (response: { headers: Record<string, unknown> }) =>
  response.headers['access-control-allow-origin'];

describe('cross-origin requests', () => {
  it('are allowed to the configured origin, with cookies', async () => {
    const response = await answer({}, 'GET', { origin: 'https://app.example.com' });
    expect(response.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'Content-Type',
    });
  });

  it.each(['https://evil.example', 'http://app.example.com', 'https://app.example.com.evil.example', 'null'])(
    'are not allowed to %s',
    async (origin) => {
      expect(allowedOrigin(await answer({}, 'GET', { origin }))).toBeUndefined();
      const asked = await preflight({}, origin);
      expect(asked.statusCode).toBe(204);
      expect(allowedOrigin(asked)).toBeUndefined();
      expect(asked.headers['access-control-allow-methods']).toBeUndefined();
    },
  );

  it('leave answers to requests of the same origin as they are', async () => {
    const { headers } = await answer({}, 'GET', {});
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('are allowed to any subdomain where the list has a *', async () => {
    const cors = { allowedOrigins: ['https://*.example.com'] };
    expect(allowedOrigin(await answer(cors, 'GET', { origin: 'https://a.b.example.com' }))).toBe(
      'https://a.b.example.com',
    );
    expect(allowedOrigin(await answer(cors, 'GET', { origin: 'https://example.com' }))).toBeUndefined();
    expect(allowedOrigin(await answer(cors, 'GET', { origin: 'https://a.evilexample.com' }))).toBeUndefined();
  });

  it('are allowed to everybody by a lone *, but to nobody with cookies', async () => {
    const { headers } = await answer({ allowedOrigins: ['*'] }, 'GET', { origin: 'https://anywhere.example' });
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  });

  it('are asked about first: methods and headers beyond the lists are not allowed', async () => {
    const origin = 'https://app.example.com';
    const fine = await preflight({}, origin, { headers: 'content-type, X-Session-Token' });
    expect(fine.statusCode).toBe(204);
    expect(fine.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type, X-Session-Token',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    });
    expect(allowedOrigin(await preflight({}, origin, { method: 'DELETE' }))).toBeUndefined();
    expect(allowedOrigin(await preflight({}, origin, { headers: 'x-other' }))).toBeUndefined();
  });

  it('are not spoken of while cors.enabled is false', async () => {
    const { headers } = await answer({ enabled: false }, 'GET', { origin: 'https://app.example.com' });
    expect(allowedOrigin({ headers })).toBeUndefined();
  });
});
