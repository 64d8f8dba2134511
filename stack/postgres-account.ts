import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { chmod, chown, cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** The system account that Postgres runs as. Empty for an ordinary user, who runs it as themselves. */
export interface PostgresAccount {
  readonly uid?: number;
  readonly gid?: number;
}

/** Where things go that the account cannot reach in their own place. */
const SHARED_FOLDER = '/var/lib/latchkey';

/**
 * Postgres refuses to run as root. For root this is the owner of the data folder when there is one, and otherwise the
 * account `postgres`, made when it is missing. For everybody else it is nobody in particular.
 * @throws Error when root's machine has no such account and none can be made
 */
export function postgresAccount(dataDir: string | null): PostgresAccount {
  if (process.getuid?.() !== 0) return {};
  const made = dataDir === null ? undefined : statSync(dataDir, { throwIfNoEntry: false });
  if (made !== undefined && made.uid !== 0) return { uid: made.uid, gid: made.gid };
  if (!accountExists()) createAccount();
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/**
 * The folder with `bin`, `lib` and `share` as the account can reach it: the package's own, or a copy under
 * /var/lib/latchkey when the project lies in a closed folder such as /root.
 */
export async function reachablePrograms(packaged: string, version: string, account: PostgresAccount): Promise<string> {
  if (canEnter(join(packaged, 'bin'), account)) return packaged;
  const copy = join(SHARED_FOLDER, `postgres-${version}-${process.arch}`);
  if (!existsSync(copy)) {
    const half = `${copy}.${process.pid}`;
    await makeShared();
    await cp(packaged, half, { recursive: true, verbatimSymlinks: true });
    await chmod(half, 0o755);
    await rename(half, copy).catch(async (error: unknown) => {
      await rm(half, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    });
  }
  return copy;
}

/**
 * Makes the data folder and gives it to the account. When the account cannot reach it, the folder itself lies under
 * /var/lib/latchkey and `wanted` becomes a link to it.
 * @returns the folder's real path
 */
export async function reachableDataFolder(wanted: string, account: PostgresAccount): Promise<string> {
  const folder = resolve(wanted);
  await mkdir(dirname(folder), { recursive: true, mode: 0o755 });
  const isNew = lstatSync(folder, { throwIfNoEntry: false }) === undefined;
  if (isNew && !canEnter(dirname(folder), account)) {
    await makeShared();
    const elsewhere = join(SHARED_FOLDER, `${basename(folder)}-${randomBytes(6).toString('hex')}`);
    await ownedFolder(elsewhere, account);
    await writeFile(`${elsewhere}.origin`, `${folder}\n`);
    await symlink(elsewhere, folder);
    return elsewhere;
  }
  if (isNew) await ownedFolder(folder, account);
  const real = realpathSync(folder);
  if (!canEnter(real, account)) {
    throw new Error(
      `The Postgres data folder ${real} cannot be reached by the account that Postgres runs as. ` +
        'Move the data folder (stack.data_dir, STACK_DATA_DIR) to a place that other users may enter.',
    );
  }
  return real;
}

async function ownedFolder(folder: string, account: PostgresAccount): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  if (account.uid !== undefined && account.gid !== undefined) await chown(folder, account.uid, account.gid);
}

async function makeShared(): Promise<void> {
  await mkdir(SHARED_FOLDER, { recursive: true });
  await chmod(SHARED_FOLDER, 0o755);
}

/** Asked of the system itself, since modes, owners and access lists of every folder above count too. */
function canEnter(folder: string, account: PostgresAccount): boolean {
  if (account.uid === undefined) return true;
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}

function accountExists(): boolean {
  return spawnSync('id', ['-u', 'postgres'], { stdio: 'ignore' }).status === 0;
}

function createAccount(): void {
  const ways = [
    ['useradd', '--system', '--user-group', '--no-create-home', '--shell', '/bin/false', 'postgres'],
    ['adduser', '-S', '-D', '-H', 'postgres'],
  ];
  for (const [command = '', ...args] of ways) {
    if (spawnSync(command, args, { stdio: 'ignore' }).status === 0 && accountExists()) return;
  }
  throw new Error(
    'Postgres does not run as root, and the account `postgres` could not be made. ' +
      'Make it (useradd --system --user-group postgres), start as an ordinary user, or name a server with `dsn`.',
  );
}

function idOf(flag: '-u' | '-g'): number {
  return Number.parseInt(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }), 10);
}
