import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import type { Worker } from '@temporalio/worker';
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { createSmsTransport } from '../../activities/mail/sms.js';
import { loadMailTemplates } from '../../activities/mail/template/mail-templates.js';
import { createMailTransport } from '../../activities/mail/transport.js';
import { TEMPLATE_TYPES } from '../../activities/store/courier-messages.js';
import type { ApiContext } from '../../api/context.js';
import { createAdminServer, createPublicServer } from '../../api/server.js';
import { RecoveryWorkflows } from '../../api/temporal.js';
import type { Config } from '../../platform/config/config.js';
import { loadConfig } from '../../platform/config/load.js';
import { createIdentitySchemas } from '../../platform/identity-schemas.js';
import { createKeys } from '../../platform/keys.js';
import { createPool } from '../../platform/postgres.js';
import type { MailCatcher } from '../../stack/mail-catcher.js';
import { startMailCatcher } from '../../stack/mail-catcher.js';
import { freePort } from '../../stack/ports.js';
import { createWorkers } from '../../worker/worker.js';
import { dumpDatabase } from './dump.js';
import type { Answer, Send } from './http.js';
import { send } from './http.js';
import { leftover, noteSecret, noteWorkflow } from './leftovers.js';
import { testLogger } from './logger.js';
import { freshDatabase } from './postgres.js';

/** How a harness differs from the default configuration. */
export interface HarnessOptions {
  /** Laid over the configuration file. */
  config?: Record<string, unknown>;
  /** Another Temporal server than the run's. */
  temporal?: { address: string; namespace: string };
  /** False: the Temporal server takes search attributes without registering. */
  searchAttributes?: boolean;
  /** False: no worker runs until `startWorkers()`. */
  workers?: boolean;
  /** Ways round: each takes the `host:port` of a part and gives the one that the service is to use. */
  via?: { postgres: (address: string) => Promise<string>; smtp: (address: string) => Promise<string> };
}

/** The whole service on real parts, in this process: database, mail catcher, API on free ports, workers. */
export interface Harness {
  readonly config: Config;
  readonly publicUrl: string;
  readonly adminUrl: string;
  /** The test's own look into the database; the service's pool is `context.pool`. */
  readonly pool: pg.Pool;
  readonly mail: MailCatcher;
  readonly context: ApiContext;
  readonly workflows: RecoveryWorkflows;
  /** The service's clock; add to `ahead` (milliseconds) to move it. */
  readonly clock: { ahead: number };
  /** Requests to the public and the admin API; `path` begins with a slash. */
  api(method: string, path: string, sent?: Send): Promise<Answer>;
  admin(method: string, path: string, sent?: Send): Promise<Answer>;
  startWorkers(): Promise<void>;
  stopWorkers(): Promise<void>;
  stop(): Promise<void>;
}

/** Brings the service up. Stop it in `afterAll`. */
export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const log = testLogger();
  const temporal = options.temporal ?? { address: process.env.LATCHKEY_TEST_TEMPORAL ?? '', namespace: 'default' };
  const [database, mail, publicPort, adminPort] = await Promise.all([
    freshDatabase(),
    startMailCatcher({ smtpPort: 0, host: '127.0.0.1' }),
    freePort(),
    freePort(),
  ]);
  const dsn = new URL(database.dsn);
  if (options.via) dsn.host = await options.via.postgres(dsn.host);
  const smtpAddress = `127.0.0.1:${mail.smtpPort}`;
  const config = await configuration(options.config ?? {}, {
    DSN: dsn.href,
    COURIER_SMTP_CONNECTION_URI: `smtp://${(await options.via?.smtp(smtpAddress)) ?? smtpAddress}/?disable_starttls=true`,
    SECRETS_DEFAULT: randomUUID(),
    SERVE_PUBLIC_PORT: String(publicPort),
    SERVE_ADMIN_PORT: String(adminPort),
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    TEMPORAL_TASK_QUEUE: `test-${randomUUID()}`,
    DEV: String(options.config?.dev ?? true),
  });

  const clock = { ahead: 0 };
  const now = (): number => Date.now() + clock.ahead;
  const keys = createKeys(config.secrets.default);
  const workflows = RecoveryWorkflows.connect(config.temporal, [
    {
      start(input, next) {
        noteWorkflow(temporal.address, temporal.namespace, input.options.workflowId);
        return next(input);
      },
      signalWithStart(input, next) {
        noteWorkflow(temporal.address, temporal.namespace, input.options.workflowId);
        return next(input);
      },
    },
  ]);
  if (options.searchAttributes !== false) await workflows.register();
  const pool = createPool(config.dsn ?? '', {
    onIdleError: (error) => log.warn({ err: error }, 'an idle connection broke'),
  });
  const context: ApiContext = {
    config,
    pool,
    keys,
    identitySchemas: createIdentitySchemas(config.identity),
    workflows,
    now,
  };
  const servers: FastifyInstance[] = [await createPublicServer(context, log), await createAdminServer(context, log)];
  await servers[0]?.listen({ host: '127.0.0.1', port: publicPort });
  await servers[1]?.listen({ host: '127.0.0.1', port: adminPort });

  let running: { workers: Worker[]; done: Promise<unknown>; close: () => Promise<void> } | undefined;
  const harness: Harness = {
    config,
    pool: database.pool,
    mail,
    context,
    workflows,
    clock,
    publicUrl: `http://127.0.0.1:${publicPort}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    api: (method, path, sent) => send(method, `${harness.publicUrl}${path}`, sent),
    admin: (method, path, sent) => send(method, `${harness.adminUrl}${path}`, sent),
    async startWorkers() {
      const connection = await NativeConnection.connect({ address: temporal.address });
      const transport = createMailTransport(config.courier.smtp.connectionUri ?? '', config.courier.smtp);
      const sms = config.courier.sms ? createSmsTransport(config.courier.sms) : undefined;
      const templates = await loadMailTemplates(config.courier.templates, TEMPLATE_TYPES, (about) => {
        log.warn(about, 'a mail template cannot be used; the built-in one takes its place');
      });
      const workers = await createWorkers({
        connection,
        namespace: temporal.namespace,
        taskQueue: config.temporal.taskQueue,
        bundlePath: leftover.bundle,
        deps: { config, pool, keys, now, mail: transport, sms, templates },
      });
      const done = Promise.all(workers.map((worker) => worker.run()));
      running = {
        workers,
        done,
        close: async () => {
          transport.close();
          await connection.close();
        },
      };
    },
    async stopWorkers() {
      if (!running) return;
      for (const worker of running.workers) worker.shutdown();
      await running.done;
      await running.close();
      running = undefined;
    },
    async stop() {
      await harness.stopWorkers();
      for (const server of servers) await server.close();
      await workflows.close();
      for (const caught of mail.messages()) {
        for (const code of caught.text.matchAll(/(?<![0-9a-f-])\d{6}(?![0-9a-f-])/g)) noteSecret('code', code[0]);
      }
      await pool.end();
      await dumpDatabase(database.pool, config.temporal.taskQueue);
      await database.drop();
      await mail.stop();
    },
  };
  if (options.workers !== false) await harness.startWorkers();
  return harness;
}

async function configuration(overlay: Record<string, unknown>, env: Record<string, string>): Promise<Config> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-test-'));
  const file = join(folder, 'latchkey.yml');
  try {
    // JSON is YAML.
    await writeFile(file, JSON.stringify(overlay));
    return loadConfig({ file, env }).config;
  } finally {
    await rm(folder, { recursive: true });
  }
}
