import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Config } from '../../platform/config/config.js';
import { CONFIG_KEYS } from '../../platform/config/keys.js';
import { ConfigError, knownEnvironmentNames, loadConfig } from '../../platform/config/load.js';
import type { LoadOptions } from '../../platform/config/load.js';
import { projectRoot } from '../../platform/paths.js';

const SECRET = 'a-secret-of-some-length';
const ENV = { SECRETS_DEFAULT: SECRET };
const HOUR = 3_600_000;

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'latchkey-config-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(yaml: string): string {
  const file = join(folder, 'latchkey.yml');
  writeFileSync(file, yaml);
  return file;
}

function load(yaml: string, options: Partial<LoadOptions> = {}): Config {
  return loadConfig({ file: fileWith(yaml), env: ENV, ...options }).config;
}

function loadEnv(env: Record<string, string | undefined>): Config {
  return loadConfig({ env: { ...ENV, ...env } }).config;
}

/** The lines of the error that loading gives. */
function problems(yaml: string, options: Partial<LoadOptions> = {}): string[] {
  try {
    load(yaml, options);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('with nothing but a secret', () => {
  it('has the documented defaults', () => {
    const config = loadEnv({});
    expect(config).toMatchObject({
      dev: false,
      log: { level: 'info' },
      serve: {
        public: { host: '127.0.0.1', port: 4433, baseUrl: 'http://127.0.0.1:4433/' },
        admin: { host: '127.0.0.1', port: 4434, baseUrl: 'http://127.0.0.1:4434/' },
      },
      dsn: null,
      courier: { smtp: { connectionUri: null } },
      secrets: { default: [SECRET], cookie: [SECRET], cipher: [] },
      session: {
        lifespanMs: 24 * HOUR,
        earliestPossibleExtendMs: 24 * HOUR,
        cookie: { name: 'ory_kratos_session', sameSite: 'Lax', domain: null, path: '/', persistent: true },
      },
      hashers: { argon2: { memoryKib: 19 * 1024, iterations: 2, parallelism: 1 } },
      featureFlags: {
        useContinueWithTransitions: true,
        cacheableSessions: false,
        cacheableSessionsMaxAgeMs: null,
        fasterSessionExtend: false,
        chooseRecoveryAddress: false,
      },
      temporal: {
        address: '127.0.0.1:7233',
        namespace: 'default',
        taskQueue: 'latchkey',
        tls: false,
        apiKey: null,
        callTimeoutMs: 5_000,
        deploymentName: null,
        workerBuildId: null,
      },
      adminApi: { keys: [] },
      limits: { bodyBytes: 1_048_576, attemptsPerFlow: 5, attemptsPerAccount: 100, issuesPerFlow: 10 },
    });
    expect(config.selfservice).toEqual({
      defaultBrowserReturnUrl: 'http://127.0.0.1:4433/ui/settings',
      allowedReturnUrls: [],
      methods: {
        code: { enabled: true, lifespanMs: HOUR },
        link: { enabled: true, lifespanMs: HOUR, baseUrl: 'http://127.0.0.1:4433/', consumeOnGet: false },
        password: {
          enabled: true,
          minPasswordLength: 8,
          identifierSimilarityCheck: true,
          breachCheck: {
            enabled: false,
            host: 'api.pwnedpasswords.com',
            maxBreaches: 0,
            ignoreNetworkErrors: true,
          },
        },
        totp: { enabled: false, issuer: '127.0.0.1' },
        lookupSecret: { enabled: false },
        profile: { enabled: true },
      },
      flows: {
        recovery: {
          enabled: true,
          lifespanMs: HOUR,
          use: 'code',
          uiUrl: 'http://127.0.0.1:4433/ui/recovery',
          notifyUnknownRecipients: false,
          revokeActiveSessions: false,
          afterReturnUrl: null,
          webHooks: [],
        },
        verification: {
          enabled: true,
          lifespanMs: HOUR,
          use: 'code',
          uiUrl: 'http://127.0.0.1:4433/ui/verification',
          notifyUnknownRecipients: false,
          afterReturnUrl: 'http://127.0.0.1:4433/ui/settings',
        },
        settings: {
          lifespanMs: HOUR,
          uiUrl: 'http://127.0.0.1:4433/ui/settings',
          privilegedSessionMaxAgeMs: HOUR,
          requiredAal: 'highest_available',
          revokeActiveSessions: false,
          webHooks: [],
        },
        login: { lifespanMs: HOUR, uiUrl: 'http://127.0.0.1:4433/ui/login' },
        logout: { afterReturnUrl: 'http://127.0.0.1:4433/ui/settings' },
        error: { uiUrl: 'http://127.0.0.1:4433/ui/error' },
      },
    });
  });

  it('brings an identity schema of its own', () => {
    const { identity } = loadEnv({});
    expect(identity.defaultSchemaId).toBe('default');
    expect(identity.schemas.map(({ id }) => id)).toEqual(['default']);
    expect(identity.schemas[0]?.schema).toHaveProperty('properties.traits.properties.email.format', 'email');
  });

  it('is frozen all the way down', () => {
    const { config } = loadConfig({ env: ENV });
    expect(() => Object.assign(config.serve.public, { port: 1 })).toThrow(TypeError);
    expect(() => (config.secrets.default as string[]).push('x')).toThrow(TypeError);
    expect(Object.isFrozen(config.identity.schemas[0]?.schema['properties'])).toBe(true);
  });

  it('takes an empty file, and sections without keys, for nothing said', () => {
    expect(load('')).toEqual(loadEnv({}));
    expect(load('serve:\n  public:\nlog:\ndsn:\n')).toEqual(loadEnv({}));
  });
});

describe("a file in Kratos' form", () => {
  const file = join(projectRoot, 'test/platform/fixtures/kratos-style.yml');
  const { config, ignored } = loadConfig({ file, env: {} });

  it('loads', () => {
    expect(config.serve.public.baseUrl).toBe('http://127.0.0.1:4433/');
    expect(config.serve.public.cors).toEqual({
      enabled: true,
      allowedOrigins: ['http://127.0.0.1:4455', 'https://*.example.org'],
      allowedMethods: ['POST', 'GET', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders: ['Authorization', 'Content-Type', 'X-Session-Token'],
      exposedHeaders: ['Content-Type'],
      allowCredentials: true,
    });
    expect(config.log.level).toBe('warn');
    expect(config.selfservice.allowedReturnUrls).toEqual([
      'http://127.0.0.1:4455',
      'exp://localhost:8081/--/Callback',
      'http://127.0.0.1:4433/dashboard',
    ]);
    expect(config.selfservice.flows.recovery).toMatchObject({
      revokeActiveSessions: true,
      afterReturnUrl: 'http://127.0.0.1:4455/back',
    });
    expect(config.selfservice.flows.settings).toMatchObject({
      uiUrl: 'http://127.0.0.1:4433/settings',
      privilegedSessionMaxAgeMs: 900_000,
      requiredAal: 'aal1',
    });
    expect(config.selfservice.methods).toMatchObject({
      totp: { enabled: true, issuer: 'Example' },
      lookupSecret: { enabled: true },
    });
    expect(config.selfservice.flows.logout.afterReturnUrl).toBe('http://127.0.0.1:4455/login');
    expect(config.session.whoamiRequiredAal).toBe('aal1');
    expect(config.secrets.default).toHaveLength(2);
    expect(config.hashers.argon2).toMatchObject({ memoryKib: 131_072, iterations: 3 });
    expect(config.cookies).toEqual({ domain: 'example.org', path: '/', sameSite: 'Strict' });
    expect(config.session.cookie).toMatchObject({ domain: 'example.org', path: '/', sameSite: 'Lax' });
    expect(config.identity.defaultSchemaId).toBe('customer');
    expect(config.identity.schemas.map(({ id }) => id)).toEqual(['customer', 'inline']);
    expect(config.featureFlags.useContinueWithTransitions).toBe(true);
  });

  it('lists what only Kratos knows, once each and by its place', () => {
    expect(ignored).toEqual([
      'ciphers',
      'courier.message_retries',
      'hashers.algorithm',
      'hashers.argon2.expected_duration',
      'identity.schemas[0].selfservice_selectable',
      'log.format',
      'log.leak_sensitive_values',
      'selfservice.flows.registration',
      'selfservice.methods.code.passwordless_enabled',
      'selfservice.methods.oidc',
      'serve.public.cors.max_age',
      'serve.public.request_log',
      'version',
    ]);
  });
});

describe('environment variables', () => {
  it('win over the file', () => {
    const file = fileWith('serve: { public: { port: 1000 } }\nlog: { level: error }');
    const { config } = loadConfig({ file, env: { ...ENV, SERVE_PUBLIC_PORT: '2000' } });
    expect(config.serve.public.port).toBe(2000);
    expect(config.serve.public.baseUrl).toBe('http://127.0.0.1:2000/');
    expect(config.log.level).toBe('error');
  });

  it('are read as the kind of value that the key holds', () => {
    const config = loadEnv({
      DEV: 'true',
      DSN: 'postgres://localhost/latchkey',
      SECRETS_DEFAULT: 'first-secret-of-them, second-secret-of-them',
      SELFSERVICE_FLOWS_RECOVERY_LIFESPAN: '15m',
      SELFSERVICE_FLOWS_RECOVERY_AFTER_HOOKS: '[{"hook":"revoke_active_sessions"}]',
      SELFSERVICE_METHODS_LINK_CONFIG_CONSUME_ON_GET: '1',
      COURIER_SMTP_CONNECTION_URI: 'smtp://localhost:1025',
      COURIER_SMTP_HEADERS: '{"X-Origin":"latchkey"}',
      TEMPORAL_ADDRESS: 'temporal:7233',
      LIMITS_BODY_SIZE: '2MiB',
    });
    expect(config).toMatchObject({
      dev: true,
      dsn: 'postgres://localhost/latchkey',
      secrets: { default: ['first-secret-of-them', 'second-secret-of-them'] },
      courier: { smtp: { connectionUri: 'smtp://localhost:1025', headers: { 'X-Origin': 'latchkey' } } },
      temporal: { address: 'temporal:7233' },
      limits: { bodyBytes: 2 * 1_048_576 },
    });
    expect(config.selfservice.flows.recovery).toMatchObject({ lifespanMs: 900_000, revokeActiveSessions: true });
    expect(config.selfservice.methods.link.consumeOnGet).toBe(true);
  });

  it('give admin keys in a short form, or as JSON', () => {
    const digest = 'AB'.repeat(32);
    const keys = [
      { id: 'ci', sha256: digest.toLowerCase() },
      { id: 'backoffice', sha256: 'cd'.repeat(32) },
    ];
    expect(loadEnv({ ADMIN_API_KEYS: `ci:${digest}, backoffice:${'cd'.repeat(32)}` }).adminApi.keys).toEqual(keys);
    expect(loadEnv({ ADMIN_API_KEYS: JSON.stringify(keys) }).adminApi.keys).toEqual(keys);
  });

  it('count as not set when they are empty', () => {
    expect(loadEnv({ DSN: '', TEMPORAL_API_KEY: ' ', SERVE_PUBLIC_PORT: undefined })).toEqual(loadEnv({}));
  });

  it('are named in errors', () => {
    const env = { ...ENV, SERVE_PUBLIC_PORT: 'http', DEV: 'yes', COURIER_SMTP_HEADERS: '{', ADMIN_API_KEYS: 'abc' };
    expect(problems('', { env })).toEqual([
      'courier.smtp.headers (from COURIER_SMTP_HEADERS): is not valid JSON',
      'dev (from DEV): "yes" is not true or false',
      'serve.public.port (from SERVE_PUBLIC_PORT): "http" is not a whole number',
      'admin_api.keys[0].id (from ADMIN_API_KEYS): is missing',
      'admin_api.keys[0].sha256 (from ADMIN_API_KEYS): the value is not a SHA-256 digest; it has 64 hexadecimal digits',
    ]);
  });

  it('exist for every key, each under a name of its own', () => {
    const names = knownEnvironmentNames();
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining(['DSN', 'SERVE_PUBLIC_PORT', 'SECRETS_DEFAULT', 'ADMIN_API_KEYS', 'TEMPORAL_ADDRESS']),
    );
  });
});

describe('mistakes', () => {
  it('are all reported together, each with its key', () => {
    const yaml = `
serve:
  public: { port: 70000, base_url: id.example.com }
  admin: { host: 0.0.0.0 }
selfservice:
  flows:
    recovery: { lifespan: 1 hour, use: sms, enabeld: true }
    settings: { privileged_session_max_age: 0s }
  methods:
    password: { config: { min_password_length: 3 } }
nonsense: 1
`;
    expect(problems(yaml)).toEqual([
      'selfservice.flows.recovery.enabeld: is not a key that this service knows; did you mean "enabled"?',
      'nonsense: is not a key that this service knows',
      'serve.public.base_url: "id.example.com" is not an absolute http or https URL; write it like "https://id.example.com/"',
      'serve.public.port: 70000 is more than 65535',
      'selfservice.methods.password.config.min_password_length: 3 is less than 6',
      'selfservice.flows.recovery.use: "sms" is not one of code, link',
      'selfservice.flows.recovery.lifespan: "1 hour" is not a duration; write it like "1h30m"',
      'selfservice.flows.settings.privileged_session_max_age: "0s" must be 1ms or longer',
      'serve.admin.host: "0.0.0.0" can be reached from other machines, and admin_api.keys is empty; add a key, or use 127.0.0.1',
    ]);
  });

  it.each([
    ['session: { lifespan: 3600 }', 'session.lifespan: 3600 is not a duration; write it like "1h30m"'],
    ['session: { lifespan: -1h }', 'session.lifespan: "-1h" must be 1ms or longer'],
    ['serve: { public: { port: "4433" } }', 'serve.public.port: "4433" is not a whole number'],
    ['serve: 4433', 'serve: the value is not a section; it holds keys of its own'],
    ['dev: yes', 'dev: "yes" is not true or false'],
    ['limits: { body_size: 1 megabyte }', 'limits.body_size: "1 megabyte" is not a size; write it like "19MB"'],
    ['limits: { attempts_per_flow: 2.5 }', 'limits.attempts_per_flow: 2.5 is not a whole number'],
    ['temporal: { address: localhost }', /^temporal.address: "localhost" is not an address/],
    ['courier: { smtp: { from_address: me } }', /^courier.smtp.from_address: "me" is not an e-mail address/],
    ['courier: { smtp: { headers: { "X A": b } } }', 'courier.smtp.headers.X A: is not the name of a header'],
    ['courier: { smtp: { headers: { X-A: "b\\r\\nBcc: c" } } }', /^courier.smtp.headers.X-A: has control characters/],
    ['courier: { smtp: { from_name: "a\\nb" } }', 'courier.smtp.from_name: has control characters in it'],
    ['identity: { schemas: [] }', 'identity.schemas: is empty; name at least one'],
    ['identity: { schemas: [{ id: default }] }', 'identity.schemas[0].url: is missing'],
    ['hashers: { argon2: { memory: 1KB } }', /^hashers.argon2.memory: "1KB" is too little/],
    ['serve: { admin: { port: 4433 } }', 'serve.admin.port: 4433 is serve.public.port already'],
    ['temporal: { deployment_name: a }', /^temporal.deployment_name: needs temporal.worker_build_id too/],
    [
      'selfservice: { allowed_return_urls: ["javascript:alert(1)"] }',
      /^selfservice.allowed_return_urls\[0\]: .* not a URL/,
    ],
    ['selfservice: { default_browser_return_url: //evil.example }', /is not a URL to send browsers to/],
    ['selfservice: { flows: { error: { ui_url: "/\\\\evil.example" } } }', /ui_url: .* is not an http or https URL/],
    [
      'selfservice: { flows: { recovery: { after: { hooks: [{ hook: sing }] } } } }',
      /hooks\[0\].hook: "sing" is not one of/,
    ],
    [
      'serve: { public: { cors: { allowed_origins: ["https://a.example/path"] } } }',
      /allowed_origins\[0\]: .* is not an origin/,
    ],
    ['serve: { public: { cors: { allowed_origins: [a, a] } } }', /allowed_origins: entries 0 and 1 are the same/],
    ['serve: { public: { base_url: "https://user:pass@id.example.com/" } }', /^serve.public.base_url: /],
    [
      'limits: { attempts_per_flow: 4 }\nselfservice: { methods: { code: { config: { max_submissions: 3 } } } }',
      /^limits.attempts_per_flow: 4 contradicts selfservice.methods.code.config.max_submissions, which says 3/,
    ],
  ])('in %s', (yaml, expected) => {
    expect(problems(yaml)).toEqual(
      expect.arrayContaining([typeof expected === 'string' ? expected : expect.stringMatching(expected)]),
    );
  });

  it.each([
    ['sessoin: {}', 'session'],
    ['serve: { publik: {} }', 'public'],
    ['selfservice: { flows: { registartion: {} } }', 'registration'],
    ['lifespan: 1h', ''],
    ['connection_uri: smtp://localhost', 'courier.smtp.connection_uri'],
    ['serve: { task_queue: a }', 'temporal.task_queue'],
    ['constructor: 1', ''],
    ['__proto__: 1', ''],
  ])('of spelling, as in %s, are met with a guess', (yaml, guess) => {
    const [line, ...more] = problems(yaml);
    expect(more).toEqual([]);
    expect(line).toContain('is not a key that this service knows');
    expect(/did you mean "(.*)"/.exec(line ?? '')?.[1] ?? '').toBe(guess);
  });

  it('in one key do not raise alarms about others', () => {
    const yaml = 'serve: { admin: { host: 0.0.0.0 } }\nadmin_api: { keys: [{ id: ci, sha256: short }] }';
    expect(problems(yaml)).toEqual([expect.stringMatching(/^admin_api.keys\[0\].sha256: /)]);
  });
});

describe('secrets', () => {
  it('must be there', () => {
    expect(problems('', { env: {} })).toEqual([
      expect.stringMatching(/^secrets.default: is missing; put at least one/),
    ]);
    expect(problems('secrets: { default: [] }', { env: {} })).toHaveLength(1);
  });

  it('may be missing where the caller makes them', () => {
    expect(load('', { env: {}, allowMissingSecrets: true }).secrets).toEqual({
      default: [],
      cookie: [],
      cipher: [],
      webhook: [],
    });
  });

  it('are never repeated in errors', () => {
    const yaml = `
dsn: mysql://user:hunter2-a@host/db
secrets: { default: [hunter2-b], cookie: hunter2-c, cipher: [hunter2-d, 12345678902] }
courier: { smtp: { connection_uri: hunter2-e } }
temporal: { api_key: [hunter2-f] }
admin_api: { keys: [hunter2-g, { id: a, sha256: lk_admin_hunter2-h }, { hunter2-i: x }] }
`;
    const lines = problems(yaml, { env: {} });
    expect(lines).toEqual(
      expect.arrayContaining([
        'dsn: the value is not a Postgres connection string; write it like "postgres://user:password@host:5432/database"',
        'secrets.default[0]: the value is shorter than 16 characters',
        'secrets.cookie: the value is not a list',
        'secrets.cipher[0]: the value is not exactly 32 characters long',
        expect.stringMatching(/^admin_api.keys\[1\].sha256: the value is a key itself; put the SHA-256 digest/),
      ]),
    );
    expect(lines.filter((line) => /hunter2-[a-h]|12345678902/.test(line))).toEqual([]);
  });

  it('are not quoted from a file that is not YAML', () => {
    const lines = problems('secrets:\n  default: [hunter2\n"hunter2": : {');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => line.includes('hunter2'))).toEqual([]);
    expect(lines[0]).toMatch(/latchkey\.yml, line \d+, column \d+: /);
  });
});

describe('the admin API', () => {
  const keys = `admin_api: { keys: [{ id: ci, sha256: "${'0'.repeat(64)}" }] }`;

  it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])('needs no key on %s', (host) => {
    expect(load(`serve: { admin: { host: "${host}" } }`).serve.admin.host).toBe(host);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', 'api.example.com', '127.0.0.1.example.com', '::ffff:10.0.0.1', '127.1'])(
    'needs one on %s',
    (host) => {
      const yaml = `serve: { admin: { host: "${host}" } }`;
      expect(problems(yaml)).toEqual([expect.stringMatching(/^serve\.admin\.host: .*admin_api\.keys/)]);
      expect(load(`${yaml}\n${keys}`).serve.admin.host).toBe(host);
    },
  );

  it('has one key for each id', () => {
    const twice = `admin_api: { keys: [{ id: a, sha256: "${'0'.repeat(64)}" }, { id: a, sha256: "${'1'.repeat(64)}" }] }`;
    expect(problems(twice)).toEqual(['admin_api.keys: the id "a" stands there twice']);
  });

  it('has an address for reminders, or none', () => {
    expect(load('').adminApi.notifyAddress).toBeNull();
    expect(load('admin_api: { notify_address: ops@example.com }').adminApi.notifyAddress).toBe('ops@example.com');
    expect(problems('admin_api: { notify_address: everybody }')).toEqual([
      expect.stringMatching(/^admin_api.notify_address: "everybody" is not an e-mail address/),
    ]);
  });
});

describe('identity schemas', () => {
  const inline = (schema: unknown) => `base64://${Buffer.from(JSON.stringify(schema)).toString('base64url')}`;
  const configured = (url: string) => `identity: { schemas: [{ id: default, url: "${url}" }] }`;
  const usable = { properties: { traits: { type: 'object' } } };

  it('leave the name of the built-in one alone', () => {
    const yaml = `identity: { default_schema_id: machine, schemas: [{ id: machine, url: "${inline(usable)}" }] }`;
    expect(problems(yaml)).toEqual([
      expect.stringMatching(/^identity.schemas: the id "machine" is that of the built-in/),
    ]);
  });

  it('are read from files, absolute or beside the configuration', () => {
    writeFileSync(join(folder, 'a person.json'), JSON.stringify(usable));
    for (const url of [`file://${folder}/a%20person.json`, 'file://a%20person.json', 'file://./a person.json']) {
      expect(load(configured(url)).identity.schemas).toEqual([{ id: 'default', schema: usable }]);
    }
  });

  it('are read from base64 of either alphabet', () => {
    expect(load(configured(inline(usable))).identity.schemas[0]?.schema).toEqual(usable);
    const standard = `base64://${Buffer.from(JSON.stringify(usable)).toString('base64')}`;
    expect(load(configured(standard)).identity.schemas[0]?.schema).toEqual(usable);
  });

  it.each([
    ['https://example.com/person.json', /"https:.*cannot be fetched/],
    ['person.json', /"person.json" is not a schema URL; write it like/],
    ['file://nowhere.json', /names a file that does not exist: .*nowhere\.json/],
    ['file://%', /has a "%" in it/],
    ['file://.', /names .*: EISDIR/],
    ['base64://{}', /is not valid base64/],
    [inline('text'), /not a JSON object/],
    [inline({ type: 'object' }), /does not describe "properties.traits"/],
    [inline({ properties: { traits: { type: 'objekt' } } }), /is not a JSON Schema/],
    ['base64://e30x', /not JSON/],
  ])('are refused at %s', (url, expected) => {
    const [line, ...more] = problems(configured(url));
    expect(more).toEqual([]);
    expect(line).toMatch(/^identity\.schemas\[0\]\.url: /);
    expect(line).toMatch(expected);
  });

  it('must include the default one, once', () => {
    const url = inline(usable);
    expect(problems(`identity: { schemas: [{ id: a, url: "${url}" }] }`)).toEqual([
      'identity.default_schema_id: "default" is not the id of a schema in identity.schemas (a)',
    ]);
    expect(problems(`identity: { schemas: [{ id: default, url: "${url}" }, { id: default, url: "${url}" }] }`)).toEqual(
      ['identity.schemas: the id "default" stands there twice'],
    );
  });
});

describe('the rest of the rules', () => {
  it('base every page on the public address', () => {
    const config = load('serve: { public: { base_url: "https://id.example.com/auth" } }');
    expect(config.serve.public.baseUrl).toBe('https://id.example.com/auth/');
    expect(config.selfservice.methods.link.baseUrl).toBe('https://id.example.com/auth/');
    expect(config.selfservice.flows.recovery.uiUrl).toBe('https://id.example.com/auth/ui/recovery');
    expect(config.selfservice.defaultBrowserReturnUrl).toBe('https://id.example.com/auth/ui/settings');
  });

  it("take Kratos' name for the attempts of a flow", () => {
    const yaml = 'selfservice: { methods: { code: { config: { max_submissions: 3 } } } }';
    expect(load(yaml).limits.attemptsPerFlow).toBe(3);
    expect(load(`${yaml}\nlimits: { attempts_per_flow: 3 }`).limits.attemptsPerFlow).toBe(3);
    expect(load('limits: { attempts_per_flow: 7 }').limits.attemptsPerFlow).toBe(7);
  });

  it('turn TLS on with a Temporal API key, unless told otherwise', () => {
    expect(loadEnv({ TEMPORAL_API_KEY: 'k' }).temporal).toMatchObject({ apiKey: 'k', tls: true });
    expect(loadEnv({ TEMPORAL_API_KEY: 'k', TEMPORAL_TLS: 'false' }).temporal.tls).toBe(false);
    expect(loadEnv({ TEMPORAL_TLS: 'true' }).temporal.tls).toBe(true);
  });

  it('let a caller ask for what it cannot do without', () => {
    expect(problems('', { needs: ['dsn', 'courier.smtp.connection_uri'] })).toEqual([
      expect.stringMatching(/^dsn: is missing; name a database/),
      expect.stringMatching(/^courier.smtp.connection_uri: is missing; name a mail server/),
    ]);
    expect(load('dsn: postgresql:///latchkey?host=/run/postgresql', { needs: ['dsn'] }).dsn).toContain('latchkey');
  });

  it('let YAML merge maps and repeat them by alias', () => {
    const yaml = 'serve:\n  public: &a { host: 127.0.0.2 }\n  admin: { <<: *a, port: 5000 }';
    expect(load(yaml).serve.admin).toMatchObject({ host: '127.0.0.2', port: 5000 });
  });

  it.each([
    ['- a list', /must hold keys and values/],
    ['dev: true\ndev: false', /line 2, column 1: this key stands here twice/],
    ['dev: true\n---\ndev: true', /more than one document/],
    ['dev: !env DEV', /this kind of tag/],
    ['serve:\n\tpublic: {}', /a tab cannot indent/],
  ])('refuse a file such as %j', (yaml, expected) => {
    expect(problems(yaml).join('\n')).toMatch(expected);
  });

  it('say which file is missing', () => {
    expect(() => loadConfig({ file: '/nowhere/latchkey.yml', env: ENV })).toThrow(
      new ConfigError([{ key: '', text: 'Configuration file /nowhere/latchkey.yml: there is no such file' }]),
    );
  });
});

describe('docs/latchkey.example.yml', () => {
  const file = join(projectRoot, 'docs/latchkey.example.yml');

  it('loads, and says nothing but the defaults', () => {
    const { config, ignored } = loadConfig({ file, env: ENV });
    expect(config).toEqual(loadEnv({}));
    expect(ignored).toEqual([]);
  });

  it('has every key, in use or commented out', () => {
    const text = readFileSync(file, 'utf8');
    // A key that stands there twice, as a default and as an example, keeps the example.
    const uncommented = text.replace(/^( *)#(?=[a-z_]+:| +- | {4})/gm, '$1');
    const tree: unknown = parse(uncommented, { uniqueKeys: false });
    const missing = CONFIG_KEYS.map(({ path }) => path).filter(
      (path) =>
        path.split('.').reduce<unknown>((node, name) => (node as Record<string, unknown>)?.[name], tree) == null,
    );
    expect(missing).toEqual([]);
    expect(problems(uncommented.replace(/^( *(keys|hooks|channels): \[\])$/gm, ''), { env: {} })).toEqual([
      expect.stringMatching(/^identity.schemas\[0\].url: names a file that does not exist/),
    ]);
  });
});
