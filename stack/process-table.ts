import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** True while a process of this number runs. One that has ended but was not collected yet does not count. */
export function isAlive(pid: number): boolean {
  return commandLine(pid) !== '';
}

/** Command line of a process with spaces between the arguments; empty when there is no such process. */
export function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return ps('command=', pid);
  } catch {
    return '';
  }
}

/** When a process started, in the system's own words: with the number, it tells one process from a later one. */
export function startTime(pid: number): string {
  try {
    if (process.platform !== 'linux') return ps('lstart=', pid);
    // Field 22; the second, in brackets, may hold spaces.
    return (
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[19] ?? ''
    );
  } catch {
    return '';
  }
}

/**
 * Waits for a process that is not this one's child to end.
 * @returns false when it still runs after `timeoutMs` milliseconds
 */
export async function waitForEnd(pid: number, timeoutMs: number): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > end) return false;
    await delay(50);
  }
  return true;
}

function ps(field: string, pid: number): string {
  return execFileSync('ps', ['-o', field, '-p', String(pid)], { encoding: 'utf8' }).trim();
}
