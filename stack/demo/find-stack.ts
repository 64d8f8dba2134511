import { loadConfig } from '../../platform/config/load.js';
import { planStack } from '../plan.js';
import { reachableHost } from '../ports.js';
import { startOwnStack, workflowPages } from './own-stack.js';
import type { DemoStack, OwnStackOptions } from './own-stack.js';
import { DemoError } from './talk.js';

/**
 * The stack that runs at the configured ports, or else a new one at the same ports, with data of its own that go when
 * it stops.
 * @throws DemoError when the one that runs cannot be used
 */
export async function findStack(options: OwnStackOptions): Promise<DemoStack> {
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
  if (ready.includes(false)) {
    options.say('No stack is running at the configured ports: the demo brings up its own.');
    return startOwnStack(options);
  }

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
  const ui = planStack(config, configFile, env).temporal ? `http://127.0.0.1:${config.stack.temporalUiPort}` : null;
  const workflowsUrl = workflowPages(ui, config.temporal.namespace);
  return { publicUrl, adminUrl, inboxUrl, workflowsUrl, own: false, leave: async () => undefined };
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
