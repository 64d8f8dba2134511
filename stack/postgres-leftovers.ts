import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { commandLine, isAlive, waitForEnd } from './process-table.js';

const STOP_TIMEOUT_MS = 15_000;

/**
 * Makes way for a start in a cluster folder that an earlier run did not leave cleanly: stops a server that still
 * runs there, and removes a pid file whose number belongs to some other program by now, which would make Postgres
 * refuse to start (common in containers, where the same few numbers come back).
 */
export async function clearLeftovers(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
  if (!Number.isInteger(pid) || !isAlive(pid)) return;
  if (!commandLine(pid).includes(cluster)) {
    await rm(file, { force: true });
    return;
  }
  process.kill(pid, 'SIGINT');
  if (!(await waitForEnd(pid, STOP_TIMEOUT_MS))) {
    throw new Error(`A Postgres of an earlier run (process ${pid}) still runs in ${cluster} and does not stop.`);
  }
}
