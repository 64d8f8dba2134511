import { createIdentitySchemas } from '../platform/identity-schemas.js';
import { configFromProcess } from '../platform/config/cli.js';
import { createKeys } from '../platform/keys.js';
import { createLogger } from '../platform/logger.js';
import { createPool } from '../platform/postgres.js';
import { createAdminServer, createPublicServer } from './server.js';
import { RecoveryWorkflows } from './temporal.js';

/** Process entry of the API: `node dist/api/main.js --config FILE`. */
const { config, ignored } = configFromProcess(process.argv.slice(2), process.env, { needs: ['dsn'] });
const logger = createLogger('api', config.log);
if (ignored.length > 0) logger.info({ keys: ignored }, 'keys of the configuration that this service ignores');

const pool = createPool(config.dsn ?? '', {
  max: 20,
  onIdleError: (error) => logger.warn({ err: error }, 'an idle database connection broke'),
});
const workflows = RecoveryWorkflows.connect(config.temporal);
const ctx = {
  config,
  pool,
  keys: createKeys(config.secrets.default),
  identitySchemas: createIdentitySchemas(config.identity),
  workflows,
  now: Date.now,
};
const servers = [await createPublicServer(ctx, logger), await createAdminServer(ctx, logger)] as const;
await servers[0].listen({ host: config.serve.public.host, port: config.serve.public.port });
await servers[1].listen({ host: config.serve.admin.host, port: config.serve.admin.port });
logger.info({ public: config.serve.public.port, admin: config.serve.admin.port }, 'listening');
if (config.adminApi.keys.length === 0) {
  logger.warn('the admin port needs no key: admin_api.keys is empty, so it listens on loopback only');
}

// Without them starts are refused; Temporal may come up after this process.
void (async function registerSearchAttributes(): Promise<void> {
  try {
    await workflows.register();
  } catch (error) {
    logger.warn({ err: error }, 'search attributes are not registered yet; trying again');
    setTimeout(() => void registerSearchAttributes(), 2_000).unref();
  }
})();

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void (async () => {
      await Promise.all(servers.map((server) => server.close()));
      await workflows.close();
      await pool.end();
      process.exit(0);
    })();
  });
}
