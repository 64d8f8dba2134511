import { Type } from '@sinclair/typebox';
import { count, duration, flag, list, oneOf, section, text } from './kinds.js';

const SAME_SITE = ['Strict', 'Lax', 'None'] as const;

/** `secrets`: what signs and verifies. */
export const secrets = section(
  'Server keys. In each list the first signs and all verify, so a key is replaced by putting a new one in front and dropping the old one later.',
  {
    default: Type.Optional(
      list(text('secret', { description: 'A secret.', writeOnly: true }), {
        description:
          'Keys for codes, tokens and digests, 16 characters or more each. Required, except under `npm start`, which makes one. `openssl rand -hex 32` prints a good one.',
        writeOnly: true,
        computedDefault: 'none',
      }),
    ),
    cookie: Type.Optional(
      list(text('secret', { description: 'A secret.', writeOnly: true }), {
        description: 'Keys for cookies, 16 characters or more each.',
        writeOnly: true,
        computedDefault: '`secrets.default`',
      }),
    ),
    webhook: Type.Optional(
      list(text('secret', { description: 'A secret.', writeOnly: true }), {
        description:
          'Keys that sign web hooks, 16 characters or more each. Of this project. While there are several, a web hook carries a signature of each.',
        writeOnly: true,
        computedDefault: 'one derived from `secrets.default`; `npm run webhook-key` prints it',
      }),
    ),
    cipher: Type.Optional(
      list(text('cipher-secret', { description: 'A secret.', writeOnly: true }), {
        description: 'Keys for data that is stored encrypted, 32 characters each.',
        writeOnly: true,
        computedDefault: 'none',
      }),
    ),
  },
);

/** `cookies`: attributes of every cookie. */
export const cookies = section('Attributes of all cookies.', {
  domain: Type.Optional(
    text('host', { description: 'The domain that cookies are for.', computedDefault: 'none: the host of the request' }),
  ),
  path: text('cookie-path', { description: 'The path that cookies are for.', default: '/' }),
  same_site: oneOf(SAME_SITE, {
    description: 'Whether browsers send cookies along from other sites.',
    default: 'Lax',
  }),
});

/** `session`: signed-in people. */
export const session = section('Sessions of signed-in people.', {
  lifespan: duration('How long a session lasts.', '24h'),
  earliest_possible_extend: Type.Optional(
    text('duration', {
      description:
        'How long before its end a session can be extended by `PATCH /admin/sessions/{id}/extend`. Asking earlier changes nothing.',
      computedDefault: '`session.lifespan`: at any time',
    }),
  ),
  whoami: section('`GET /sessions/whoami`.', {
    required_aal: oneOf(['aal1', 'highest_available'], {
      description:
        'The authentication level that it asks for: one factor, or as many as the person has set up. Without it the answer is 403, `session_aal2_required`.',
      default: 'highest_available',
    }),
  }),
  cookie: section('The session cookie.', {
    name: text('cookie-name', { description: 'Its name.', default: 'ory_kratos_session' }),
    domain: Type.Optional(
      text('host', { description: 'The domain that it is for.', computedDefault: '`cookies.domain`' }),
    ),
    path: Type.Optional(
      text('cookie-path', { description: 'The path that it is for.', computedDefault: '`cookies.path`' }),
    ),
    same_site: Type.Optional(
      oneOf(SAME_SITE, {
        description: 'Whether browsers send it along from other sites.',
        computedDefault: '`cookies.same_site`',
      }),
    ),
    persistent: flag('Keeps the cookie when the browser closes, until the session ends.', true),
  }),
});

/** `hashers`: how passwords are stored. */
export const hashers = section('How passwords are stored: always as argon2id.', {
  argon2: section('Cost of one hash. The defaults are what OWASP recommends.', {
    memory: text('size', { description: 'Memory that one hash takes.', default: '19MB' }),
    iterations: count({ minimum: 1, maximum: 1_000 }, { description: 'Passes over the memory.', default: 2 }),
    parallelism: count({ minimum: 1, maximum: 255 }, { description: 'Lanes computed side by side.', default: 1 }),
    salt_length: count({ minimum: 16, maximum: 1_024 }, { description: 'Length of the salt in bytes.', default: 16 }),
    key_length: count({ minimum: 16, maximum: 1_024 }, { description: 'Length of the hash in bytes.', default: 32 }),
  }),
});
