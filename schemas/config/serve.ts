import { Type } from '@sinclair/typebox';
import { flag, list, oneOf, port, section, text } from './kinds.js';

const cors = section('Cross-origin requests to the public API, for pages that are served from another origin.', {
  enabled: flag('Answers cross-origin requests at all.', false),
  allowed_origins: list(text('origin', { description: 'An origin such as `https://app.example.com`.' }), {
    description:
      'Origins that may call: scheme, host and port, without a path. One `*` in it stands for any characters; `*` alone allows every origin, but none of them with cookies.',
    default: ['*'],
  }),
  allowed_methods: list(
    oneOf(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE'], {
      description: 'An HTTP method.',
    }),
    { description: 'HTTP methods that may be used.', default: ['POST', 'GET', 'PUT', 'PATCH', 'DELETE'] },
  ),
  allowed_headers: list(text('header', { description: 'The name of a header.' }), {
    description: 'Request headers that may be sent beyond those that browsers always send.',
    default: ['Authorization', 'Content-Type', 'X-Session-Token'],
  }),
  exposed_headers: list(text('header', { description: 'The name of a header.' }), {
    description: 'Response headers that pages may read.',
    default: ['Content-Type'],
  }),
  allow_credentials: flag('Lets the allowed origins send cookies.', true),
});

/** `serve`: the two HTTP ports. */
export const serve = section('Where the two HTTP APIs listen, and under which addresses clients see them.', {
  public: section('The API for people and their browsers.', {
    base_url: Type.Optional(
      text('base-url', {
        description:
          'The address under which clients reach the public API. Every link, redirect and form is built from it, never from request headers.',
        computedDefault: '`http://127.0.0.1:<port>/`',
      }),
    ),
    host: text('host', {
      description: 'The network interface to listen on; `0.0.0.0` is all of them.',
      default: '127.0.0.1',
    }),
    port: port('The port to listen on; 0 picks a free one.', 4433),
    cors,
  }),
  admin: section('The API for administrators and other services. It must not be reachable from outside.', {
    base_url: Type.Optional(
      text('base-url', {
        description: 'The address under which clients reach the admin API.',
        computedDefault: '`http://127.0.0.1:<port>/`',
      }),
    ),
    host: text('host', {
      description:
        'The network interface to listen on. Anything but a loopback address needs at least one key in `admin_api.keys`.',
      default: '127.0.0.1',
    }),
    port: port('The port to listen on; 0 picks a free one.', 4434),
  }),
});

/** `admin_api`: who may call the admin API. */
export const adminApi = section('Who may call the admin API. Of this project; Kratos leaves it to the network.', {
  keys: list(
    section('One key.', {
      id: text('key-id', { description: 'A name for the key, used in logs.' }),
      sha256: text('sha256', {
        description: 'SHA-256 of the key, as 64 hexadecimal digits. The key itself is stored nowhere.',
        writeOnly: true,
      }),
    }),
    {
      description:
        'Keys that open the admin API, sent as `Authorization: Bearer <key>`. Without any, the admin API asks for none and must listen on a loopback address. The environment variable takes `id:sha256,id:sha256` as well.',
      default: [],
    },
  ),
  notify_address: Type.Optional(
    text('email', {
      description: "The address that is told when a machine's key is about to expire, 14 days and one day before.",
      computedDefault: 'none: it is only logged',
    }),
  ),
});
