import type { Config } from '../platform/config/config.js';
import type { Environment } from '../platform/config/environment.js';
import { loadConfig } from '../platform/config/load.js';
import { ownSecret, takeDataFolder } from './data-folder.js';
import type { DataFolder } from './data-folder.js';
import { planStack, portClaims } from './plan.js';
import type { Plan } from './plan.js';
import { checkPorts, freePort } from './ports.js';

/** Everything about one run that is settled before anything is started. */
export interface RunConfig {
  /** With the ports as they are. */
  readonly config: Config;
  /** Keys of the file that are left out. */
  readonly ignored: readonly string[];
  readonly plan: Plan;
  readonly dataFolder: DataFolder;
  /** The environment of API and worker, so far. */
  readonly env: Environment;
}

/**
 * Reads the configuration, takes the data folder, settles the ports and sees to a secret.
 *
 * Without a config file and without a word about it in the environment, development mode is on: this is somebody's
 * own machine, without TLS.
 * @throws ConfigError, PortError, and Error when the data folder is in use
 */
export async function prepareRun(
  configFile: string | null,
  given: Environment,
  say: (line: string) => void,
): Promise<RunConfig> {
  const env: Record<string, string | undefined> = { ...given };
  if (configFile === null && (env['DEV'] ?? '') === '') env['DEV'] = 'true';
  const load = (): ReturnType<typeof loadConfig> =>
    loadConfig({ file: configFile ?? undefined, env, allowMissingSecrets: true });
  const { config: wanted } = load();

  const dataFolder = await takeDataFolder(wanted.stack.dataDir, say);
  try {
    const plan = planStack(wanted, configFile, env);
    const claims = portClaims(wanted, plan);
    await checkPorts(claims);
    for (const { port, host, variable } of claims) {
      if (port === 0) env[variable] = String(await freePort(host));
    }
    if (wanted.secrets.default.length === 0) env['SECRETS_DEFAULT'] = await ownSecret(dataFolder.path);
    return { ...load(), plan, dataFolder, env };
  } catch (error) {
    await dataFolder.release();
    throw error;
  }
}
