import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';
import { courier } from './config/delivery.js';
import { batches } from './config/batches.js';
import { invites } from './config/invites.js';
import { count, duration, flag, oneOf, port, section, text } from './config/kinds.js';
import { selfservice } from './config/selfservice.js';
import { adminApi, serve } from './config/serve.js';
import { cookies, hashers, secrets, session } from './config/sessions.js';

const identity = section('What is known about people.', {
  default_schema_id: text('text', { description: 'The schema of identities that name none.', default: 'default' }),
  schemas: Type.Optional(
    Type.Array(
      section('One identity schema.', {
        id: text('text', { description: 'The name that identities refer to it by.' }),
        url: text('schema-url', {
          description:
            'Where its JSON Schema is: `file:///etc/person.json`, `file://person.json` (from the folder of the configuration file), or `base64://` and the schema itself.',
        }),
      }),
      {
        minItems: 1,
        description: 'The identity schemas, which say what traits a person has and which of them are addresses.',
        computedDefault: 'one named `default`: a person with an e-mail address and, if wanted, a name',
      },
    ),
  ),
});

const temporal = section('The Temporal server that runs the workflows. Of this project.', {
  address: text('address', {
    description: 'Host and port of its frontend. `npm start` brings a server of its own unless this is given.',
    default: '127.0.0.1:7233',
  }),
  namespace: text('text', { description: 'The namespace to work in.', default: 'default' }),
  task_queue: text('text', {
    description: 'The task queue that API and workers share. Queues for mail and bulk work are named after it.',
    default: 'latchkey',
  }),
  tls: Type.Optional(
    Type.Boolean({
      description: 'Connects by TLS.',
      computedDefault: '`true` if `temporal.api_key` is set, otherwise `false`',
    }),
  ),
  api_key: Type.Optional(
    text('text', { description: 'An API key of Temporal Cloud.', writeOnly: true, computedDefault: 'none' }),
  ),
  call_timeout: duration('How long the API waits for Temporal before it answers 503.', '5s'),
  deployment_name: Type.Optional(
    text('text', {
      description: 'The worker deployment, for worker versioning. Needs `temporal.worker_build_id` too.',
      computedDefault: 'none: no versioning',
    }),
  ),
  worker_build_id: Type.Optional(
    text('text', {
      description: 'The build within the worker deployment, such as a commit hash.',
      computedDefault: 'none: no versioning',
    }),
  ),
});

const limits = section('Limits against guessing and flooding. Of this project.', {
  body_size: text('size', { description: 'The largest request body taken.', default: '1MB' }),
  attempts_per_flow: Type.Optional(
    count(
      { minimum: 1, maximum: 255 },
      {
        description: 'Wrong codes after which a flow is closed.',
        computedDefault: '`selfservice.methods.code.config.max_submissions`, otherwise 5',
      },
    ),
  ),
  attempts_per_account: count(
    { minimum: 1, maximum: 10_000 },
    {
      description:
        'Wrong codes in a row, over all flows of one account, after which its recovery is held for a growing while. Signing in by password, and the second factor, are counted and held in the same way, each for itself. NIST SP 800-63B allows at most 100.',
      default: 100,
    },
  ),
  issues_per_flow: count(
    { minimum: 1, maximum: 1_000 },
    { description: 'Codes or links that one flow may send, the first included.', default: 10 },
  ),
});

const stack = section('The servers that `npm start` brings along. Not used otherwise. Of this project.', {
  data_dir: text('text', {
    description: 'The folder that keeps their data, from the current folder.',
    default: '.data',
  }),
  postgres_port: port('Port of the database; 0 picks a free one.', 5433),
  temporal_port: port('Port of Temporal; 0 picks a free one.', 7233),
  temporal_ui_port: port("Port of Temporal's web pages; 0 picks a free one.", 8233),
  smtp_port: port('Port of the mail catcher; 0 picks a free one.', 1025),
  inbox_port: port("Port of the mail catcher's web inbox; 0 picks a free one.", 8025),
});

/**
 * The configuration file, with Kratos' names for everything that Kratos names.
 *
 * It describes the file as it is once defaults are filled in: keys that may still be missing then are optional, all
 * others are not. `docs/config.md` is generated from it.
 */
export const configSchema = section('Configuration of Latchkey.', {
  dev: flag('Development mode: cookies without `Secure`. Never in production.', false),
  dsn: Type.Optional(
    text('postgres-url', {
      description: 'The Postgres database, such as `postgres://user:password@host:5432/latchkey?sslmode=require`.',
      computedDefault: 'none; `npm start` brings a database',
      writeOnly: true,
    }),
  ),
  log: section('What is logged.', {
    level: oneOf(['trace', 'debug', 'info', 'warn', 'warning', 'error', 'fatal', 'panic'], {
      description:
        'The least important kind of message that is logged. `warning` is `warn`; `fatal` and `panic` are `error`.',
      default: 'info',
    }),
  }),
  serve,
  admin_api: adminApi,
  identity,
  selfservice,
  invites,
  batches,
  courier,
  secrets,
  cookies,
  session,
  hashers,
  feature_flags: section('Switches for the newer ways of Kratos.', {
    use_continue_with_transitions: flag(
      "Answers API and single-page clients with what to do next, in `continue_with`, where Kratos' older way is a redirect by status 422. Needed by clients that are no browsers: without it they get no session token.",
      true,
    ),
    cacheable_sessions: flag(
      'Tells caches in front how long an answer of `/sessions/whoami` holds, in the header `Ory-Session-Cache-For` (seconds). A session that is ended meanwhile goes on in such a cache.',
      false,
    ),
    cacheable_sessions_max_age: Type.Optional(
      text('duration', {
        description: 'The longest time that the header gives.',
        computedDefault: 'none: as long as the session lasts',
      }),
    ),
    choose_recovery_address: flag(
      'Lets people whose schema has several recovery addresses say to which of them the code goes. They name one address of the account, and then the other in full; what they are asked does not depend on the account. Only with codes.',
      false,
    ),
    faster_session_extend: flag('Answers `PATCH /admin/sessions/{id}/extend` with 204 and no body.', false),
  }),
  temporal,
  limits,
  stack,
});

/** The configuration file, once defaults are filled in. */
export type ConfigFile = Static<typeof configSchema>;
