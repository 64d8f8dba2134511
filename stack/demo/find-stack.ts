import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../platform/config/environment.js';
import { loadConfig } from '../../platform/config/load.js';
import { reachableHost } from '../ports.js';
import { startStack } from '../stack.js';
import { DemoError } from './talk.js';

/** A stack that the demo can play on. */
export interface DemoStack {
  readonly publicUrl: string;
  readonly adminUrl: string;
  readonly inboxUrl: string;
  /** Temporal's web pages, where known. */
  readonly temporalUi: string | null;
  /** True for one that the demo brought up for itself. */
  readonly own: boolean;
  /** Stops one of its own and removes its data; leaves others alone. */
  leave(): Promise<void>;
}

/** The configuration that the story asks for. */
const END_OLD_SESSIONS = '[{"hook":"revoke_active_sessions"}]';

export interface FindOptions {
  /** YAML file as for `npm start`; null for defaults and environment only. */
  readonly configFile: string | null;
  readonly env: Environment;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * The stack that runs at the configured ports, or else a new one at the same ports, with data of its own that go when
 * it stops.
 * @throws DemoError when the one that runs cannot be used
 */
export async function findStack(options: FindOptions): Promise<DemoStack> {
  const { configFile, env } = options;
  // As npm start has it: without a file, development mode.
  const { config } = loadConfig({
    file: configFile ?? undefined,
    env: configFile === null ? { DEV: 'true', ...env } : env,
    allowMissingSecrets: true,
  });
  const [publicUrl, adminUrl] = [config.serve.public, config.serve.admin].map(
    ({ host, port }) => `http://${bracketed(reachableHost(host))}:${port}`,
  ) as [string, string];
  const ready = await Promise.all([publicUrl, adminUrl].map((base) => answers200(`${base}/health/ready`)));
  if (ready.includes(false)) return bringUp(options);

  if (config.adminApi.keys.length > 0) {
    throw new DemoError(
      `The stack at ${publicUrl} asks for a key on its admin port (admin_api.keys), which the demo has not got.`,
    );
  }
  if (config.courier.smtp.connectionUri !== null) {
    throw new DemoError(
      'The demo reads its mails in the inbox of the stack; with courier.smtp.connection_uri they go elsewhere.',
    );
  }
  const inboxUrl = `http://127.0.0.1:${config.stack.inboxPort}`;
  if (!(await answers200(`${inboxUrl}/api/messages`))) {
    throw new DemoError(
      `There is a stack at ${publicUrl}, but no inbox at ${inboxUrl}. Give the demo what the stack was given: --config, and the same variables.`,
    );
  }
  const temporalUi = `http://127.0.0.1:${config.stack.temporalUiPort}`;
  return { publicUrl, adminUrl, inboxUrl, temporalUi, own: false, leave: async () => undefined };
}

async function bringUp({ configFile, env, say, signal }: FindOptions): Promise<DemoStack> {
  say('No stack is running at the configured ports: the demo brings up its own.');
  const dataDir = join(tmpdir(), `latchkey-demo-${randomUUID()}`);
  const removeData = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  const ownEnv = { ...env, STACK_DATA_DIR: dataDir, SELFSERVICE_FLOWS_RECOVERY_AFTER_HOOKS: END_OLD_SESSIONS };
  const stack = await startStack({ configFile, env: ownEnv, say, signal }).catch(async (error: unknown) => {
    await removeData();
    throw error;
  });
  const leave = async (): Promise<void> => {
    await stack.stop();
    await removeData();
  };
  const { publicApi, adminApi, inbox, temporalUi } = stack.addresses;
  if (inbox === null) {
    await leave();
    throw new DemoError('The demo needs the mail catcher of the stack: leave courier.smtp.connection_uri out.');
  }
  return { publicUrl: publicApi, adminUrl: adminApi, inboxUrl: inbox, temporalUi, own: true, leave };
}

async function answers200(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).status === 200;
  } catch {
    return false;
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
