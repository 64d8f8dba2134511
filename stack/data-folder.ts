import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { guardianPid } from './guardian.js';
import { isAlive, startTime, waitForEnd } from './process-table.js';

/** The guardian of a stack that was killed gives its processes ten seconds to end. */
const LEFTOVERS_TIMEOUT_MS = 15_000;

/** Who uses a data folder. */
interface Owner {
  readonly pid: number;
  /** Tells the process from a later one of the same number. */
  readonly started: string;
  readonly guardian: number | null;
}

/** The folder in which one embedded stack keeps everything, held by one stack at a time. */
export interface DataFolder {
  readonly path: string;
  /** Records the guardian of the processes started so far, for whoever starts after a crash. */
  noteGuardian(): Promise<void>;
  /** Lets go of it. */
  release(): Promise<void>;
}

/**
 * Makes the data folder when it is missing and takes it for this process. After a stack that was killed, waits for
 * what it has left running to end.
 * @throws Error when another stack uses it
 */
export async function takeDataFolder(dataDir: string, say: (line: string) => void): Promise<DataFolder> {
  const path = resolve(dataDir);
  await mkdir(path, { recursive: true, mode: 0o755 });
  const file = join(path, 'stack.json');
  while (!(await createOwner(file))) {
    const owner = await readOwner(file);
    if (owner !== null && startTime(owner.pid) === owner.started) {
      throw new Error(
        `The data folder ${path} is in use by another stack (process ${owner.pid}). ` +
          'Stop that one, or choose another folder with the key stack.data_dir or the variable STACK_DATA_DIR.',
      );
    }
    if (owner?.guardian && isAlive(owner.guardian)) {
      say('The last stack here was killed; waiting for what it left running to end …');
      await waitForEnd(owner.guardian, LEFTOVERS_TIMEOUT_MS);
    }
    await rm(file, { force: true });
  }
  return {
    path,
    noteGuardian: () => writeFile(file, describeThis()),
    release: () => rm(file, { force: true }),
  };
}

/**
 * The secret of a stack whose configuration has none: random, made once, readable by its owner alone.
 */
export async function ownSecret(path: string): Promise<string> {
  const file = join(path, 'secret');
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (kept !== '') return kept;
  const secret = randomBytes(32).toString('base64url');
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  return secret;
}

function describeThis(): string {
  const owner: Owner = { pid: process.pid, started: startTime(process.pid), guardian: guardianPid() };
  return `${JSON.stringify(owner)}\n`;
}

/** False when there is one already. */
async function createOwner(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o644);
    await handle.writeFile(describeThis());
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Null when the file is unreadable even after a moment, in which another process may still have been writing it. */
async function readOwner(file: string): Promise<Owner | null> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      return JSON.parse(await readFile(file, 'utf8')) as Owner;
    } catch {
      await delay(50);
    }
  }
  return null;
}
