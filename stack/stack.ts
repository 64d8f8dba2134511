import { join } from 'node:path';
import { migrate } from '../activities/store/migrate.js';
import type { Config } from '../platform/config/config.js';
import type { Environment } from '../platform/config/environment.js';
import { projectRoot } from '../platform/paths.js';
import { createLaunch } from './launch.js';
import { startMailCatcher } from './mail-catcher.js';
import type { MailCatcher } from './mail-catcher.js';
import { reachableHost } from './ports.js';
import { startEmbeddedPostgres } from './postgres.js';
import { startProcess } from './process.js';
import type { RunningProcess } from './process.js';
import { waitForOk } from './readiness.js';
import { prepareRun } from './run-config.js';
import { startTemporalServer } from './temporal.js';

const READY_TIMEOUT_MS = 90_000;
/** The API lets requests end, the worker its activities (ten seconds). */
const API_STOP_MS = 10_000;
const WORKER_STOP_MS = 15_000;
const ENGINE_STOP_MS = 15_000;

export interface StackOptions {
  /** YAML file; null for defaults and environment only. */
  readonly configFile: string | null;
  /** `process.env` unless given. */
  readonly env?: Environment;
  /** Hears what happens, in lines for people. Silent unless given. */
  readonly say?: (line: string) => void;
  /** Hands all lines of all logs to `say`, not only warnings. */
  readonly verbose?: boolean;
  /** Breaks off the start; what was started by then is stopped. */
  readonly signal?: AbortSignal;
}

/** Where the parts of a running stack are. */
export interface StackAddresses {
  readonly publicApi: string;
  readonly adminApi: string;
  readonly temporal: string;
  /** Null when Temporal is not the stack's own. */
  readonly temporalUi: string | null;
  /** Null when mails go to a server that the configuration names. */
  readonly inbox: string | null;
  /** Holds a password. */
  readonly dsn: string;
}

export interface Stack {
  readonly config: Config;
  readonly ignored: readonly string[];
  readonly dataDir: string;
  readonly addresses: StackAddresses;
  /** Null when mails go to a server that the configuration names. */
  readonly mail: MailCatcher | null;
  /** Stops everything in order: API, worker, mail catcher, Temporal, Postgres. */
  stop(): Promise<void>;
}

/**
 * Brings up Postgres, Temporal, a mail catcher, the worker and the API, and returns once both ports report ready.
 * Parts that the configuration names an address for are used as they are. Needs the build and the engines of set-up.
 * @throws Error in words for the person at the terminal; nothing is left running then
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const say = options.say ?? (() => undefined);
  const signal = options.signal ?? new AbortController().signal;
  const { config, ignored, plan, dataFolder, env } = await prepareRun(
    options.configFile,
    options.env ?? process.env,
    say,
  );
  const launch = createLaunch({ dataFolder, say, signal, verbose: options.verbose === true });

  async function bringUp(): Promise<Stack> {
    const childEnv: NodeJS.ProcessEnv = { ...env };
    const { stack } = config;

    let dsn = config.dsn;
    if (plan.postgres) {
      const log = launch.logOf('postgres', false);
      await launch.timed('Postgres is up', () =>
        launch.keep('Postgres', ENGINE_STOP_MS, async () => {
          const dataDir = join(dataFolder.path, 'postgres');
          const server = await startEmbeddedPostgres({ dataDir, port: stack.postgresPort, onLine: log.line });
          dsn = server.dsn;
          return server.process;
        }),
      );
    }
    if (dsn === null) throw new Error('There is no database.');
    childEnv['DSN'] = dsn;

    let temporal = config.temporal.address;
    if (plan.temporal) {
      const log = launch.logOf('temporal', false);
      await launch.timed('Temporal is up', () =>
        launch.keep('Temporal server', ENGINE_STOP_MS, async () => {
          const server = await startTemporalServer({
            port: stack.temporalPort,
            uiPort: stack.temporalUiPort,
            dbFile: join(dataFolder.path, 'temporal', 'temporal.sqlite'),
            namespace: config.temporal.namespace,
            onLine: log.line,
          });
          temporal = server.address;
          return server.process;
        }),
      );
    }
    childEnv['TEMPORAL_ADDRESS'] = temporal;

    let mail: MailCatcher | null = null;
    if (plan.mailCatcher) {
      mail = await startMailCatcher({
        smtpPort: stack.smtpPort,
        httpPort: stack.inboxPort,
        dir: join(dataFolder.path, 'mails'),
      });
      launch.onStop(mail.stop);
      childEnv['COURIER_SMTP_CONNECTION_URI'] = `smtp://127.0.0.1:${mail.smtpPort}/?disable_starttls=true`;
    }

    const applied = await launch.timed('Database is at the newest schema', () => upgrade(dsn as string));
    if (applied.length > 0) say(`  ${applied.length} migrations applied`);

    const program = (name: string): (() => Promise<RunningProcess>) => {
      const log = launch.logOf(name, true);
      const args = [join(projectRoot, 'dist', name, 'main.js')];
      if (options.configFile !== null) args.push('--config', options.configFile);
      return async () => startProcess({ name, command: process.execPath, args, env: childEnv, onLine: log.line });
    };
    const worker = await launch.keep('worker', WORKER_STOP_MS, program('worker'));
    const api = await launch.keep('API', API_STOP_MS, program('api'));

    const [publicPort, adminPort] = [config.serve.public, config.serve.admin].map(
      ({ host, port }) => `http://${urlHost(reachableHost(host))}:${port}`,
    ) as [string, string];
    const ended = new AbortController();
    await launch.timed('API and worker are ready', () =>
      Promise.race([
        Promise.all(
          [publicPort, adminPort].map((base) =>
            waitForOk(`${base}/health/ready`, READY_TIMEOUT_MS, AbortSignal.any([signal, ended.signal])),
          ),
        ),
        worker.failed,
        api.failed,
      ]).finally(() => ended.abort()),
    );
    launch.watchAll();

    return {
      config,
      ignored,
      dataDir: dataFolder.path,
      addresses: {
        publicApi: publicPort,
        adminApi: adminPort,
        temporal,
        temporalUi: plan.temporal ? `http://127.0.0.1:${stack.temporalUiPort}` : null,
        inbox: mail?.httpPort ? `http://127.0.0.1:${mail.httpPort}` : null,
        dsn,
      },
      mail,
      stop: launch.stop,
    };
  }

  try {
    return await bringUp();
  } catch (error) {
    await launch.stop();
    if (signal.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}\nThe logs are in ${join(dataFolder.path, 'logs')}`, { cause: error });
  }
}

async function upgrade(dsn: string): Promise<string[]> {
  try {
    return await migrate(dsn);
  } catch (error) {
    const { message, code } = error as { message?: string; code?: string };
    throw new Error(`The database cannot be used: ${message || code || 'unknown error'}`, { cause: error });
  }
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
