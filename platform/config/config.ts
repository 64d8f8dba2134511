import type { JsonObject, JsonValue } from '../../schemas/json.js';

/** A request that this service sends. */
export interface HttpRequest {
  readonly url: string;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  /** Texts in it are templates. Null: the body that belongs to the occasion. */
  readonly body: JsonValue;
  readonly auth:
    | { readonly type: 'api_key'; readonly name: string; readonly value: string; readonly in: 'header' | 'cookie' }
    | { readonly type: 'basic_auth'; readonly user: string; readonly password: string }
    | null;
}

/** A part of a message that can have a template of its own. */
export type TemplatePart = 'email.subject' | 'email.body.html' | 'email.body.plaintext' | 'sms.body.plaintext';

/** Where one template is. */
export interface TemplateSource {
  /** Type of the message, such as `recovery_code_valid`. */
  readonly template: string;
  readonly part: TemplatePart;
  readonly url: string;
}

/**
 * The configuration as the code uses it: parsed once, complete, frozen. All durations are milliseconds. The YAML file
 * that it comes from has Kratos' key names; `docs/config.md` lists every key.
 */
export interface Config {
  /** Development mode: cookies without `Secure`. Never in production. */
  readonly dev: boolean;
  readonly log: { readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' };
  readonly serve: {
    readonly public: {
      readonly host: string;
      readonly port: number;
      /** Absolute, ends with a slash. Every link and redirect is built from it; request headers never are. */
      readonly baseUrl: string;
      readonly cors: {
        readonly enabled: boolean;
        /** Origins, each with at most one `*` for any characters. `*` alone allows all, but none with cookies. */
        readonly allowedOrigins: readonly string[];
        readonly allowedMethods: readonly string[];
        readonly allowedHeaders: readonly string[];
        readonly exposedHeaders: readonly string[];
        readonly allowCredentials: boolean;
      };
    };
    readonly admin: { readonly host: string; readonly port: number; readonly baseUrl: string };
  };
  /** Postgres connection string. Null means the embedded server of `npm start`. */
  readonly dsn: string | null;
  readonly identity: {
    readonly defaultSchemaId: string;
    /** Loaded and parsed JSON Schemas. */
    readonly schemas: readonly { readonly id: string; readonly schema: JsonObject }[];
  };
  readonly selfservice: {
    readonly defaultBrowserReturnUrl: string;
    readonly allowedReturnUrls: readonly string[];
    readonly methods: {
      readonly code: { readonly enabled: boolean; readonly lifespanMs: number };
      readonly link: {
        readonly enabled: boolean;
        readonly lifespanMs: number;
        readonly baseUrl: string;
        /** True is Kratos' way: opening the link signs in at once. False (default): a page asks for a click first. */
        readonly consumeOnGet: boolean;
      };
      readonly password: {
        readonly enabled: boolean;
        readonly minPasswordLength: number;
        readonly identifierSimilarityCheck: boolean;
        /** The list of passwords known from breaches, asked by the first digits of a hash. Off by default. */
        readonly breachCheck: {
          readonly enabled: boolean;
          readonly host: string;
          readonly maxBreaches: number;
          readonly ignoreNetworkErrors: boolean;
        };
      };
      /** `issuer`: the name that authenticator apps show. */
      readonly totp: { readonly enabled: boolean; readonly issuer: string };
      readonly lookupSecret: { readonly enabled: boolean };
      readonly profile: { readonly enabled: boolean };
    };
    readonly flows: {
      readonly recovery: {
        readonly enabled: boolean;
        readonly lifespanMs: number;
        readonly use: 'code' | 'link';
        readonly uiUrl: string;
        readonly notifyUnknownRecipients: boolean;
        readonly revokeActiveSessions: boolean;
        /** Where browsers go after the settings flow that follows a recovery; null: they stay on the settings page. */
        readonly afterReturnUrl: string | null;
        /** Sent one after the other when a recovery in which the right code was entered is over. */
        readonly webHooks: readonly HttpRequest[];
      };
      readonly verification: {
        readonly enabled: boolean;
        readonly lifespanMs: number;
        readonly use: 'code' | 'link';
        readonly uiUrl: string;
        readonly notifyUnknownRecipients: boolean;
        readonly afterReturnUrl: string;
      };
      readonly settings: {
        readonly lifespanMs: number;
        readonly uiUrl: string;
        readonly privilegedSessionMaxAgeMs: number;
        readonly requiredAal: 'aal1' | 'highest_available';
        /** True: a new password ends all other sessions. */
        readonly revokeActiveSessions: boolean;
        /** Sent one after the other when something was changed by `method`, or, with null, by any. */
        readonly webHooks: readonly { readonly method: 'password' | 'profile' | null; readonly request: HttpRequest }[];
      };
      readonly login: { readonly lifespanMs: number; readonly uiUrl: string };
      readonly logout: { readonly afterReturnUrl: string };
      readonly error: { readonly uiUrl: string };
    };
  };
  readonly invites: {
    readonly lifespanMs: number;
    readonly maxLifespanMs: number;
    /** How long before the deadline. */
    readonly remindersMs: readonly number[];
    readonly selfRenewal: boolean;
    readonly uiUrl: string;
    /** Sent one after the other when an invite has ended, in whatever way. */
    readonly webHooks: readonly HttpRequest[];
  };
  readonly batches: {
    /** Largest upload, bytes. */
    readonly uploadBytes: number;
    readonly maxRows: number;
    readonly mailsPerSecond: number;
  };
  readonly courier: {
    readonly smtp: {
      /** `smtp://user:pass@host:port/?skip_ssl_verify=true`. Null means the mail catcher of `npm start`. */
      readonly connectionUri: string | null;
      readonly fromAddress: string;
      readonly fromName: string;
      readonly headers: Readonly<Record<string, string>>;
    };
    /** Where templates are that take the place of the built-in ones. Read by the worker when it starts. */
    readonly templates: {
      /** Absolute. */
      readonly folder: string | null;
      /** Languages for which there may be variants of each. */
      readonly locales: readonly string[];
      /** `file://` with an absolute path, `base64://`, `http://` or `https://`. */
      readonly sources: readonly TemplateSource[];
    };
    /** Null: text messages cannot be sent. */
    readonly sms: HttpRequest | null;
  };
  /**
   * Each list: the first signs, all verify. At least one entry of 16 characters or more in `default`; `cookie` is the
   * same list unless configured. `cipher`: 32 characters each, may be empty.
   */
  readonly secrets: {
    readonly default: readonly string[];
    readonly cookie: readonly string[];
    readonly cipher: readonly string[];
    /** Empty: web hooks are signed with a key derived from the first of `default`. */
    readonly webhook: readonly string[];
  };
  /** Attributes of cookies other than the session's. */
  readonly cookies: {
    readonly sameSite: 'Lax' | 'Strict' | 'None';
    readonly domain: string | null;
    readonly path: string;
  };
  readonly session: {
    readonly lifespanMs: number;
    readonly whoamiRequiredAal: 'aal1' | 'highest_available';
    /** A session can be extended once it has at most this long left. */
    readonly earliestPossibleExtendMs: number;
    readonly cookie: {
      readonly name: string;
      readonly sameSite: 'Lax' | 'Strict' | 'None';
      readonly domain: string | null;
      readonly path: string;
      readonly persistent: boolean;
    };
  };
  /** argon2id parameters; memory in KiB, lengths in bytes. */
  readonly hashers: {
    readonly argon2: {
      readonly memoryKib: number;
      readonly iterations: number;
      readonly parallelism: number;
      readonly saltLength: number;
      readonly keyLength: number;
    };
  };
  readonly featureFlags: {
    readonly useContinueWithTransitions: boolean;
    readonly cacheableSessions: boolean;
    readonly cacheableSessionsMaxAgeMs: number | null;
    readonly fasterSessionExtend: boolean;
    readonly chooseRecoveryAddress: boolean;
  };
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly taskQueue: string;
    readonly tls: boolean;
    readonly apiKey: string | null;
    /** Deadline of one call from the API to Temporal. */
    readonly callTimeoutMs: number;
    readonly deploymentName: string | null;
    readonly workerBuildId: string | null;
  };
  /** Digests (SHA-256, hex) of the keys that open the admin API. Empty: loopback only, no key asked. */
  readonly adminApi: {
    readonly keys: readonly { readonly id: string; readonly sha256: string }[];
    /** Where reminders of machines' keys go that are about to expire. */
    readonly notifyAddress: string | null;
  };
  readonly limits: {
    /** Largest request body, bytes. */
    readonly bodyBytes: number;
    /** Wrong submissions that close a flow. */
    readonly attemptsPerFlow: number;
    /** Wrong submissions in a row, over all flows of one account, after which recovery is held. */
    readonly attemptsPerAccount: number;
    /** Codes that one flow may issue, the first included. */
    readonly issuesPerFlow: number;
  };
  /** The embedded stack of `npm start`. */
  readonly stack: {
    readonly dataDir: string;
    readonly postgresPort: number;
    readonly temporalPort: number;
    readonly temporalUiPort: number;
    readonly smtpPort: number;
    readonly inboxPort: number;
  };
}
