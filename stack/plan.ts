import type { Config } from '../platform/config/config.js';
import type { Environment } from '../platform/config/environment.js';
import { isTree } from '../platform/config/known-keys.js';
import { readConfigFile } from '../platform/config/read-file.js';
import type { PortClaim } from './ports.js';

/** Which parts the stack brings along itself; the others are named in the configuration. */
export interface Plan {
  readonly postgres: boolean;
  readonly temporal: boolean;
  readonly mailCatcher: boolean;
}

const LOOPBACK = '127.0.0.1';

/** Reads off the configuration what is to be embedded: whatever it does not name an address for. */
export function planStack(config: Config, configFile: string | null, env: Environment): Plan {
  return {
    postgres: config.dsn === null,
    temporal: !namesTemporal(configFile, env),
    mailCatcher: config.courier.smtp.connectionUri === null,
  };
}

/** `temporal.address` has a default, so whether it was given shows only in the file and the environment. */
function namesTemporal(configFile: string | null, env: Environment): boolean {
  if ((env['TEMPORAL_ADDRESS'] ?? '').trim() !== '') return true;
  const section = configFile === null ? undefined : readConfigFile(configFile)['temporal'];
  return isTree(section) && typeof section['address'] === 'string';
}

/** The ports that the stack will open, with what changes each. */
export function portClaims(config: Config, plan: Plan): PortClaim[] {
  const { serve, stack } = config;
  const embedded = (part: string, key: string, port: number): PortClaim => ({
    part,
    host: LOOPBACK,
    port,
    key: `stack.${key}`,
    variable: `STACK_${key.toUpperCase()}`,
  });
  return [
    {
      part: 'public API',
      host: serve.public.host,
      port: serve.public.port,
      key: 'serve.public.port',
      variable: 'SERVE_PUBLIC_PORT',
    },
    {
      part: 'admin API',
      host: serve.admin.host,
      port: serve.admin.port,
      key: 'serve.admin.port',
      variable: 'SERVE_ADMIN_PORT',
    },
    ...(plan.postgres ? [embedded('Postgres', 'postgres_port', stack.postgresPort)] : []),
    ...(plan.temporal
      ? [
          embedded('Temporal', 'temporal_port', stack.temporalPort),
          embedded('Temporal UI', 'temporal_ui_port', stack.temporalUiPort),
        ]
      : []),
    ...(plan.mailCatcher
      ? [embedded('mail catcher', 'smtp_port', stack.smtpPort), embedded('mail inbox', 'inbox_port', stack.inboxPort)]
      : []),
  ];
}
