import type { JsonObject } from '../../schemas/json.js';

/** Where the pages were that the recorded Kratos sent browsers to. Nothing has to listen there. */
export const UI = 'http://127.0.0.1:4455';

const KRATOS = 'ory.sh/kratos';

function email(title: string, uses: JsonObject, extra: JsonObject = {}): JsonObject {
  return { type: 'string', format: 'email', title, ...extra, [KRATOS]: uses };
}

function schema(id: string, title: string, properties: JsonObject): { id: string; url: string } {
  const content: JsonObject = {
    $id: `https://example.test/${id}.schema.json`,
    $schema: 'http://json-schema.org/draft-07/schema#',
    title,
    type: 'object',
    properties: { traits: { type: 'object', properties, required: ['email'], additionalProperties: false } },
  };
  return {
    id: id === 'person' ? 'default' : id,
    url: `base64://${Buffer.from(JSON.stringify(content)).toString('base64')}`,
  };
}

const main: JsonObject = {
  credentials: { password: { identifier: true } },
  verification: { via: 'email' },
  recovery: { via: 'email' },
};

/** The configuration that all recordings share. */
const BASE = {
  identity: {
    default_schema_id: 'default',
    schemas: [
      schema('person', 'Person', {
        email: email('E-Mail', main, { minLength: 3 }),
        name: {
          type: 'object',
          properties: { first: { title: 'First Name', type: 'string' }, last: { title: 'Last Name', type: 'string' } },
        },
      }),
      schema('two-address', 'Person with a fallback address', {
        email: email('E-Mail', main),
        recovery_email: email('Fallback e-mail', { recovery: { via: 'email' } }),
        phone: { type: 'string', format: 'tel', title: 'Phone', [KRATOS]: { recovery: { via: 'sms' } } },
      }),
    ],
  },
  serve: { public: { cors: { enabled: true, allowed_origins: [UI], allow_credentials: true } } },
  selfservice: {
    default_browser_return_url: `${UI}/`,
    allowed_return_urls: [UI],
    flows: {
      recovery: { ui_url: `${UI}/recovery` },
      settings: { ui_url: `${UI}/settings` },
      login: { ui_url: `${UI}/login` },
      error: { ui_url: `${UI}/error` },
      verification: { ui_url: `${UI}/verification` },
    },
  },
};

/**
 * What each configuration lays over the base. Kratos' short life spans are ten minutes here, and the clock is moved
 * instead of waiting.
 */
const OVERLAYS: Record<string, object> = {
  base: {},
  notify: { selfservice: { flows: { recovery: { notify_unknown_recipients: true } } } },
  shortflow: { selfservice: { flows: { recovery: { lifespan: '10m' } } } },
  'shortflow-nocw': {
    selfservice: { flows: { recovery: { lifespan: '10m' } } },
    feature_flags: { use_continue_with_transitions: false },
  },
  nocw: { feature_flags: { use_continue_with_transitions: false } },
  link: { selfservice: { flows: { recovery: { use: 'link' } } } },
  'link-on-get': {
    selfservice: { flows: { recovery: { use: 'link' } }, methods: { link: { config: { consume_on_get: true } } } },
  },
  'on-get': { selfservice: { methods: { link: { config: { consume_on_get: true } } } } },
  shortcode: { selfservice: { methods: { code: { config: { lifespan: '10m' } } } } },
  shortpriv: { selfservice: { flows: { settings: { privileged_session_max_age: '10m' } } } },
  revoke: { selfservice: { flows: { recovery: { after: { hooks: [{ hook: 'revoke_active_sessions' }] } } } } },
  disabled: { selfservice: { flows: { recovery: { enabled: false } } } },
  nocode: { selfservice: { methods: { code: { enabled: false } } } },
  nodev: { dev: false },
  courier: {},
  // Nothing listens there.
  hibpstrict: breachList('http://127.0.0.1:9', false),
};

function breachList(host: string, lenient: boolean): object {
  const config = { haveibeenpwned_enabled: true, haveibeenpwned_host: host, ignore_network_errors: lenient };
  return { selfservice: { methods: { password: { config } } } };
}

/**
 * The configuration file of a name. `breachListUrl` is where a list of breached passwords answers.
 * @throws Error when there is no such configuration
 */
export function configuration(name: string, breachListUrl: string): Record<string, unknown> {
  const overlay = name === 'hibp' ? breachList(breachListUrl, true) : OVERLAYS[name];
  if (!overlay) throw new Error(`no configuration is named ${name}`);
  return merged(BASE, overlay) as Record<string, unknown>;
}

function merged(base: unknown, overlay: unknown): unknown {
  const plain = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!plain(base) || !plain(overlay)) return overlay;
  const keys = new Set([...Object.keys(base), ...Object.keys(overlay)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, key in overlay ? merged(base[key], overlay[key]) : base[key]]),
  );
}
