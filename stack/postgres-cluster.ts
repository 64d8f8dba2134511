import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresAccount } from './postgres-account.js';
import { describeExit, startProcess } from './process.js';

const USER = 'latchkey';
const PASSWORD_FILE = 'latchkey-password';

export interface ClusterOptions {
  /** Folder that the cluster and its password lie in; belongs to the account. */
  readonly dataDir: string;
  /** Folder with `bin`, `lib` and `share`. */
  readonly programs: string;
  /** Version of the programs. */
  readonly version: string;
  readonly account: PostgresAccount;
  /** False skips syncing to disk. */
  readonly persistent: boolean;
}

/**
 * Makes the database cluster (`initdb`) when there is none.
 * @returns its folder, and the superuser with their password
 * @throws Error when another major version made it
 */
export async function openCluster(
  options: ClusterOptions,
): Promise<{ cluster: string; user: string; password: string }> {
  const cluster = join(options.dataDir, 'cluster');
  if (existsSync(cluster)) await checkVersion(cluster, options.version);
  else await createCluster(options);
  const password = await readFile(join(options.dataDir, PASSWORD_FILE), 'utf8');
  return { cluster, user: USER, password: password.trim() };
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
async function createCluster({ dataDir, programs, account, persistent }: ClusterOptions): Promise<void> {
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
