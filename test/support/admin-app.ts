import Fastify from 'fastify';
import type pg from 'pg';
import { identityRoutes } from '../../api/admin/identities.js';
import { registerBodyParsers } from '../../api/body-parsers.js';
import type { ApiContext } from '../../api/context.js';
import { registerErrorAnswers } from '../../api/errors.js';
import { schemaRoutes } from '../../api/public/schemas.js';
import type { Config } from '../../platform/config/config.js';
import { createIdentitySchemas } from '../../platform/identity-schemas.js';
import type { JsonObject } from '../../schemas/json.js';
import { personSchema } from '../../schemas/person.js';

/** An answer over real HTTP. */
export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed JSON; undefined for an empty body. */
  body: never;
}

/** The identity routes alone, on a real port, mounted as in the service. */
export interface AdminApp {
  base: string;
  context: ApiContext;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

/** A schema with two e-mail addresses and a telephone number. */
export const twoAddressSchema: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: {
    traits: {
      type: 'object',
      properties: {
        email: {
          type: 'string',
          format: 'email',
          'ory.sh/kratos': {
            credentials: { password: { identifier: true } },
            verification: { via: 'email' },
            recovery: { via: 'email' },
          },
        },
        recovery_email: { type: 'string', format: 'email', 'ory.sh/kratos': { recovery: { via: 'email' } } },
        phone: { type: 'string', format: 'tel', 'ory.sh/kratos': { recovery: { via: 'sms' } } },
      },
      required: ['email'],
      additionalProperties: false,
    },
  },
};

const identity: Config['identity'] = {
  defaultSchemaId: 'default',
  schemas: [
    { id: 'default', schema: personSchema },
    { id: 'two-address', schema: twoAddressSchema },
  ],
};

/** Only what the identity routes read. argon2 is cheap here: its cost is not what is tested. */
const config = {
  serve: {
    public: { baseUrl: 'http://public.example.test/' },
    admin: { baseUrl: 'http://admin.example.test' },
  },
  identity,
  hashers: { argon2: { memoryKib: 64, iterations: 1, parallelism: 1 } },
} as unknown as Config;

/** Starts the routes on `pool`. */
export async function startAdminApp(pool: pg.Pool): Promise<AdminApp> {
  const context = { config, pool, identitySchemas: createIdentitySchemas(identity), now: Date.now } as ApiContext;
  const app = Fastify({ bodyLimit: 2_000_000, http: { maxHeaderSize: 65_536 } });
  registerBodyParsers(app);
  registerErrorAnswers(app);
  await app.register(async (scope) => identityRoutes(scope, context), { prefix: '/admin' });
  await app.register(async (scope) => identityRoutes(scope, context));
  await app.register(async (scope) => schemaRoutes(scope, context));
  const base = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    base,
    context,
    async call(method, path, body, headers = {}) {
      const response = await fetch(new URL(path, base), {
        method,
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const parsed = (text === '' ? undefined : JSON.parse(text)) as never;
      return { status: response.status, headers: response.headers, body: parsed };
    },
    close: () => app.close(),
  };
}
