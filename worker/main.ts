import { NativeConnection, Runtime } from '@temporalio/worker';
import { createSmsTransport } from '../activities/mail/sms.js';
import { loadMailTemplates } from '../activities/mail/template/mail-templates.js';
import { createMailTransport } from '../activities/mail/transport.js';
import { TEMPLATE_TYPES } from '../activities/store/courier-messages.js';
import { configFromProcess } from '../platform/config/cli.js';
import { createKeys } from '../platform/keys.js';
import { createLogger } from '../platform/logger.js';
import { createPool } from '../platform/postgres.js';
import { registerSearchAttributes } from '../platform/search-attributes.js';
import { temporalConnectionOptions } from '../platform/temporal.js';
import { BUNDLE_PATH } from './bundle.js';
import { runtimeLogger } from './runtime-logger.js';
import { createWorkers } from './worker.js';

/** Process entry of the worker: `node dist/worker/main.js --config FILE`. */
const { config } = configFromProcess(process.argv.slice(2), process.env, {
  needs: ['dsn', 'courier.smtp.connection_uri'],
});
const logger = createLogger('worker', config.log);
Runtime.install({ logger: runtimeLogger(logger), shutdownSignals: ['SIGINT', 'SIGTERM'] });

const pool = createPool(config.dsn ?? '', {
  max: 20,
  onIdleError: (error) => logger.warn({ err: error }, 'an idle database connection broke'),
});
const mail = createMailTransport(config.courier.smtp.connectionUri ?? '', config.courier.smtp);
const sms = config.courier.sms ? createSmsTransport(config.courier.sms) : undefined;
const templates = await loadMailTemplates(config.courier.templates, TEMPLATE_TYPES, (about) => {
  logger.warn(about, 'a mail template cannot be used; the built-in one takes its place');
});
const deps = { config, pool, keys: createKeys(config.secrets.default), now: Date.now, mail, sms, templates };
const connection = await connect();
const { namespace, taskQueue, deploymentName, workerBuildId } = config.temporal;
await registerSearchAttributes(connection.operatorService as never, namespace);
const workers = await createWorkers({
  connection,
  namespace,
  taskQueue,
  bundlePath: BUNDLE_PATH,
  deps,
  ...(deploymentName !== null && workerBuildId !== null && { versioning: { deploymentName, buildId: workerBuildId } }),
});
logger.info({ namespace, taskQueue }, 'polling');
try {
  await Promise.all(workers.map((worker) => worker.run()));
} finally {
  mail.close();
  await connection.close();
  await pool.end();
}

/** Waits for Temporal: a worker that starts first is no error. */
async function connect(): Promise<NativeConnection> {
  for (;;) {
    try {
      return await NativeConnection.connect(temporalConnectionOptions(config.temporal));
    } catch (error) {
      logger.warn({ err: error }, 'Temporal does not answer yet; trying again');
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}
