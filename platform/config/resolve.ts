import { resolve as resolvePath } from 'node:path';
import type { ConfigFile } from '../../schemas/config.js';
import { personSchema } from '../../schemas/person.js';
import { parseGoDuration } from '../../workflows/domain/duration.js';
import type { Config } from './config.js';
import type { ProblemList } from './errors.js';
import { loadIdentitySchema } from './identity-schema-files.js';
import { resolveCourier } from './resolve-courier.js';
import { resolveWebHooks } from './resolve-requests.js';
import type { RequestContext } from './resolve-requests.js';
import { parseSize } from './size.js';

const DEFAULT_ATTEMPTS_PER_FLOW = 5;

const LOG_LEVELS = { warning: 'warn', fatal: 'error', panic: 'error' } as const;

/**
 * Turns a file that fits its schema into what the code uses. Identity schemas are read from `folder`; those that cannot
 * be are reported.
 */
export function resolveConfig(file: ConfigFile, folder: string, problems: ProblemList): Config {
  const publicUrl = withSlash(file.serve.public.base_url ?? `http://127.0.0.1:${file.serve.public.port}/`);
  const context: RequestContext = { folder, problems };
  const page = (url: string | undefined, builtIn: string): string => new URL(url ?? builtIn, publicUrl).href;
  const { level } = file.log;

  return {
    dev: file.dev,
    log: { level: level === 'warning' || level === 'fatal' || level === 'panic' ? LOG_LEVELS[level] : level },
    serve: resolveServe(file.serve, publicUrl),
    dsn: file.dsn ?? null,
    identity: {
      defaultSchemaId: file.identity.default_schema_id,
      schemas: resolveSchemas(file.identity.schemas, folder, problems),
    },
    selfservice: {
      defaultBrowserReturnUrl: page(file.selfservice.default_browser_return_url, 'ui/settings'),
      allowedReturnUrls: file.selfservice.allowed_return_urls.map((url) =>
        url.startsWith('/') ? page(url, url) : url,
      ),
      methods: resolveMethods(file.selfservice.methods, publicUrl),
      flows: resolveFlows(
        file.selfservice.flows,
        page,
        page(file.selfservice.default_browser_return_url, 'ui/settings'),
        context,
      ),
    },
    invites: resolveInvites(file.invites, page, context),
    batches: {
      uploadBytes: bytes(file.batches.upload_size),
      maxRows: file.batches.max_rows,
      mailsPerSecond: file.batches.mails_per_second,
    },
    courier: resolveCourier(file.courier, context),
    secrets: {
      default: file.secrets.default ?? [],
      cookie: orElse(file.secrets.cookie, file.secrets.default ?? []),
      cipher: file.secrets.cipher ?? [],
      webhook: file.secrets.webhook ?? [],
    },
    cookies: {
      domain: file.cookies.domain ?? null,
      path: file.cookies.path,
      sameSite: file.cookies.same_site,
    },
    session: resolveSession(file),
    hashers: { argon2: resolveArgon2(file.hashers.argon2) },
    featureFlags: resolveFeatureFlags(file.feature_flags),
    temporal: resolveTemporal(file.temporal),
    adminApi: {
      keys: file.admin_api.keys.map(({ id, sha256 }) => ({ id, sha256: sha256.toLowerCase() })),
      notifyAddress: file.admin_api.notify_address ?? null,
    },
    limits: {
      bodyBytes: bytes(file.limits.body_size),
      attemptsPerFlow:
        file.limits.attempts_per_flow ??
        file.selfservice.methods.code.config.max_submissions ??
        DEFAULT_ATTEMPTS_PER_FLOW,
      attemptsPerAccount: file.limits.attempts_per_account,
      issuesPerFlow: file.limits.issues_per_flow,
    },
    stack: {
      dataDir: resolvePath(file.stack.data_dir),
      postgresPort: file.stack.postgres_port,
      temporalPort: file.stack.temporal_port,
      temporalUiPort: file.stack.temporal_ui_port,
      smtpPort: file.stack.smtp_port,
      inboxPort: file.stack.inbox_port,
    },
  };
}

function resolveServe(serve: ConfigFile['serve'], publicUrl: string): Config['serve'] {
  const { cors } = serve.public;
  return {
    public: {
      host: serve.public.host,
      port: serve.public.port,
      baseUrl: publicUrl,
      cors: {
        enabled: cors.enabled,
        allowedOrigins: cors.allowed_origins.map((origin) => origin.replace(/\/$/, '')),
        allowedMethods: cors.allowed_methods,
        allowedHeaders: cors.allowed_headers,
        exposedHeaders: cors.exposed_headers,
        allowCredentials: cors.allow_credentials,
      },
    },
    admin: {
      host: serve.admin.host,
      port: serve.admin.port,
      baseUrl: withSlash(serve.admin.base_url ?? `http://127.0.0.1:${serve.admin.port}/`),
    },
  };
}

function resolveSchemas(
  schemas: ConfigFile['identity']['schemas'],
  folder: string,
  problems: ProblemList,
): Config['identity']['schemas'] {
  if (schemas === undefined) return [{ id: 'default', schema: structuredClone(personSchema) }];
  return schemas.flatMap(({ id, url }, index) => {
    try {
      return [{ id, schema: loadIdentitySchema(url, folder) }];
    } catch (error) {
      problems.add(`identity.schemas[${index}].url`, (error as Error).message);
      return [];
    }
  });
}

function resolveMethods(
  { code, link, password, totp, lookup_secret: lookupSecret, profile }: ConfigFile['selfservice']['methods'],
  publicUrl: string,
): Config['selfservice']['methods'] {
  return {
    code: { enabled: code.enabled, lifespanMs: milliseconds(code.config.lifespan) },
    link: {
      enabled: link.enabled,
      lifespanMs: milliseconds(link.config.lifespan),
      baseUrl: withSlash(link.config.base_url ?? publicUrl),
      consumeOnGet: link.config.consume_on_get,
    },
    password: {
      enabled: password.enabled,
      minPasswordLength: password.config.min_password_length,
      identifierSimilarityCheck: password.config.identifier_similarity_check_enabled,
      breachCheck: {
        enabled: password.config.haveibeenpwned_enabled,
        host: password.config.haveibeenpwned_host,
        maxBreaches: password.config.max_breaches,
        ignoreNetworkErrors: password.config.ignore_network_errors,
      },
    },
    totp: { enabled: totp.enabled, issuer: totp.config.issuer ?? new URL(publicUrl).hostname },
    lookupSecret: { enabled: lookupSecret.enabled },
    profile: { enabled: profile.enabled },
  };
}

function resolveFlows(
  { recovery, verification, settings, login, logout, error }: ConfigFile['selfservice']['flows'],
  page: (url: string | undefined, builtIn: string) => string,
  defaultReturnUrl: string,
  context: RequestContext,
): Config['selfservice']['flows'] {
  const settingsHooks = (place: 'password' | 'profile' | null) => {
    const hooks = place === null ? settings.after.hooks : settings.after[place].hooks;
    const key = `selfservice.flows.settings.after.${place === null ? '' : `${place}.`}hooks`;
    return resolveWebHooks(hooks, key, context).map((request) => ({ method: place, request }));
  };
  const after = recovery.after.default_browser_return_url;
  return {
    recovery: {
      enabled: recovery.enabled,
      lifespanMs: milliseconds(recovery.lifespan),
      use: recovery.use,
      uiUrl: page(recovery.ui_url, 'ui/recovery'),
      notifyUnknownRecipients: recovery.notify_unknown_recipients,
      revokeActiveSessions: recovery.after.hooks.some(({ hook }) => hook === 'revoke_active_sessions'),
      afterReturnUrl: after === undefined ? null : page(after, after),
      webHooks: resolveWebHooks(recovery.after.hooks, 'selfservice.flows.recovery.after.hooks', context),
    },
    verification: {
      enabled: verification.enabled,
      lifespanMs: milliseconds(verification.lifespan),
      use: verification.use,
      uiUrl: page(verification.ui_url, 'ui/verification'),
      notifyUnknownRecipients: verification.notify_unknown_recipients,
      afterReturnUrl: page(verification.after.default_browser_return_url, defaultReturnUrl),
    },
    settings: {
      lifespanMs: milliseconds(settings.lifespan),
      uiUrl: page(settings.ui_url, 'ui/settings'),
      privilegedSessionMaxAgeMs: milliseconds(settings.privileged_session_max_age),
      requiredAal: settings.required_aal,
      revokeActiveSessions: settings.after.password.hooks.some(({ hook }) => hook === 'revoke_active_sessions'),
      webHooks: [...settingsHooks('password'), ...settingsHooks('profile'), ...settingsHooks(null)],
    },
    login: { lifespanMs: milliseconds(login.lifespan), uiUrl: page(login.ui_url, 'ui/login') },
    logout: { afterReturnUrl: page(logout.after.default_browser_return_url, defaultReturnUrl) },
    error: { uiUrl: page(error.ui_url, 'ui/error') },
  };
}

function resolveInvites(
  invites: ConfigFile['invites'],
  page: (url: string | undefined, builtIn: string) => string,
  context: RequestContext,
): Config['invites'] {
  return {
    lifespanMs: milliseconds(invites.lifespan),
    maxLifespanMs: milliseconds(invites.max_lifespan),
    remindersMs: invites.reminders.map(milliseconds),
    selfRenewal: invites.self_renewal,
    uiUrl: page(invites.ui_url, 'ui/invite'),
    webHooks: resolveWebHooks(invites.hooks, 'invites.hooks', context),
  };
}

function resolveFeatureFlags(flags: ConfigFile['feature_flags']): Config['featureFlags'] {
  const maxAge = flags.cacheable_sessions_max_age;
  return {
    useContinueWithTransitions: flags.use_continue_with_transitions,
    cacheableSessions: flags.cacheable_sessions,
    cacheableSessionsMaxAgeMs: maxAge === undefined ? null : milliseconds(maxAge),
    fasterSessionExtend: flags.faster_session_extend,
    chooseRecoveryAddress: flags.choose_recovery_address,
  };
}

function resolveSession({ session, cookies }: ConfigFile): Config['session'] {
  return {
    lifespanMs: milliseconds(session.lifespan),
    whoamiRequiredAal: session.whoami.required_aal,
    earliestPossibleExtendMs: milliseconds(session.earliest_possible_extend ?? session.lifespan),
    cookie: {
      name: session.cookie.name,
      sameSite: session.cookie.same_site ?? cookies.same_site,
      domain: session.cookie.domain ?? cookies.domain ?? null,
      path: session.cookie.path ?? cookies.path,
      persistent: session.cookie.persistent,
    },
  };
}

function resolveArgon2(argon2: ConfigFile['hashers']['argon2']): Config['hashers']['argon2'] {
  return {
    memoryKib: Math.floor(bytes(argon2.memory) / 1_024),
    iterations: argon2.iterations,
    parallelism: argon2.parallelism,
    saltLength: argon2.salt_length,
    keyLength: argon2.key_length,
  };
}

function resolveTemporal(temporal: ConfigFile['temporal']): Config['temporal'] {
  return {
    address: temporal.address,
    namespace: temporal.namespace,
    taskQueue: temporal.task_queue,
    tls: temporal.tls ?? temporal.api_key !== undefined,
    apiKey: temporal.api_key ?? null,
    callTimeoutMs: milliseconds(temporal.call_timeout),
    deploymentName: temporal.deployment_name ?? null,
    workerBuildId: temporal.worker_build_id ?? null,
  };
}

/** Whole milliseconds of a duration that was validated. */
function milliseconds(duration: string): number {
  return Math.round(parseGoDuration(duration) ?? NaN);
}

/** Bytes of a size that was validated. */
function bytes(size: string): number {
  return parseSize(size) ?? NaN;
}

function withSlash(url: string): string {
  const { href } = new URL(url);
  return href.endsWith('/') ? href : `${href}/`;
}

function orElse<T>(list: readonly T[] | undefined, fallback: readonly T[]): readonly T[] {
  return list === undefined || list.length === 0 ? fallback : list;
}
