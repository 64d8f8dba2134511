import { join } from 'node:path';
import { migrate } from '../activities/store/migrate.js';
import type { Config } from '../platform/config/config.js';
import type { Environment } from '../platform/config/environment.js';
import { projectRoot } from '../platform/paths.js';
import { keepRunning } from './keeper.js';
import type { Keeper } from './keeper.js';
import { startMailCatcher } from './mail-catcher.js';
import type { MailCatcher } from './mail-catcher.js';
import { openPartLog } from './part-log.js';
import type { PartLog } from './part-log.js';
import { reachableHost } from './ports.js';
import { startEmbeddedPostgres } from './postgres.js';
import { startProcess } from './process.js';
import type { RunningProcess } from './process.js';
import { waitForOk } from './readiness.js';
import { prepareRun } from './run-config.js';
import { startTemporalServer } from './temporal.js';

const READY_TIMEOUT_MS = 90_000;
const REMINDER_MS = 5_000;
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
  const closers: (() => Promise<void>)[] = [() => dataFolder.release()];
  const keepers: Keeper[] = [];
  let quiet = false;
  const stop = async (): Promise<void> => {
    // Whatever the parts complain about while the others go away is in their log files.
    quiet = true;
    for (const close of closers.splice(0).reverse()) await close();
  };

  const logOf = (name: string, levelsEverywhere: boolean): PartLog => {
    const log = openPartLog({
      folder: join(dataFolder.path, 'logs'),
      name,
      verbose: options.verbose === true,
      levelsEverywhere,
      show: (line) => {
        if (!quiet) say(line);
      },
    });
    closers.push(() => log.close());
    return log;
  };
  async function keep(title: string, stopMs: number, start: () => Promise<RunningProcess>): Promise<Keeper> {
    const keeper = await keepRunning({ title, start, stopDeadlineMs: stopMs, say });
    keepers.push(keeper);
    closers.push(() => keeper.stop());
    await dataFolder.noteGuardian();
    return keeper;
  }
  async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const began = Date.now();
    const seconds = (): string => ((Date.now() - began) / 1000).toFixed(1);
    const reminder = setInterval(() => say(`  … ${seconds()} s, not yet: ${what}`), REMINDER_MS);
    try {
      const result = await work();
      say(`${what} in ${seconds()} s`);
      return result;
    } finally {
      clearInterval(reminder);
    }
  }

  async function bringUp(): Promise<Stack> {
    const childEnv: NodeJS.ProcessEnv = { ...env };
    const { stack } = config;

    let dsn = config.dsn;
    if (plan.postgres) {
      const log = logOf('postgres', false);
      await timed('Postgres is up', () =>
        keep('Postgres', ENGINE_STOP_MS, async () => {
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
      const log = logOf('temporal', false);
      await timed('Temporal is up', () =>
        keep('Temporal server', ENGINE_STOP_MS, async () => {
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
      closers.push(mail.stop);
      childEnv['COURIER_SMTP_CONNECTION_URI'] = `smtp://127.0.0.1:${mail.smtpPort}/?disable_starttls=true`;
    }

    const applied = await timed('Database is at the newest schema', () => migrate(dsn as string));
    if (applied.length > 0) say(`  ${applied.length} migrations applied`);

    const program = (name: string): (() => Promise<RunningProcess>) => {
      const log = logOf(name, true);
      const args = [join(projectRoot, 'dist', name, 'main.js')];
      if (options.configFile !== null) args.push('--config', options.configFile);
      return async () => startProcess({ name, command: process.execPath, args, env: childEnv, onLine: log.line });
    };
    const worker = await keep('worker', WORKER_STOP_MS, program('worker'));
    const api = await keep('API', API_STOP_MS, program('api'));

    const [publicPort, adminPort] = [config.serve.public, config.serve.admin].map(
      ({ host, port }) => `http://${urlHost(reachableHost(host))}:${port}`,
    ) as [string, string];
    const ended = new AbortController();
    await timed('API and worker are ready', () =>
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
    for (const keeper of keepers) keeper.watch();

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
      stop,
    };
  }

  try {
    return await bringUp();
  } catch (error) {
    await stop();
    if (signal.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}\nThe logs are in ${join(dataFolder.path, 'logs')}`, { cause: error });
  }
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
