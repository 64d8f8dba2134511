import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../platform/paths.js';
import { keepRunning } from '../../stack/keeper.js';
import { startProcess } from '../../stack/process.js';
import type { RunningProcess } from '../../stack/process.js';
import { isAlive, startTime, waitForEnd } from '../../stack/process-table.js';

const FOREVER = 'while :; do sleep 0.05; done';

function shell(script: string, onLine?: (line: string) => void): RunningProcess {
  return startProcess({ name: 'shell', command: '/bin/sh', args: ['-c', script], ...(onLine && { onLine }) });
}

/** Resolves with the first line that the script prints. */
function shellThatSays(script: string): Promise<{ process: RunningProcess; line: string }> {
  return new Promise((resolve) => {
    const process = shell(script, (line) => resolve({ process, line }));
  });
}

describe('a process of the stack', () => {
  it('hands over its lines and how it ended', async () => {
    const lines: string[] = [];
    const process = shell('echo out; echo err >&2; exit 3', (line) => lines.push(line));
    expect(await process.exited).toEqual({ code: 3, signal: null });
    expect(lines.sort()).toEqual(['err', 'out']);
  });

  it('may end in its own way when it is stopped', async () => {
    const { process } = await shellThatSays(`trap 'exit 7' TERM; echo ready; ${FOREVER}`);
    await process.stop(5_000);
    expect(process.exit()).toEqual({ code: 7, signal: null });
  });

  it('is made to end, with what it has started, when it does not', async () => {
    const { process, line } = await shellThatSays(`trap '' TERM; (${FOREVER}) & echo $!; ${FOREVER}`);
    const grandchild = Number(line);
    await process.stop(100);
    expect(process.exit()?.signal).toBe('SIGKILL');
    expect(await waitForEnd(grandchild, 5_000)).toBe(true);
  });

  it('that cannot be started says why', async () => {
    const process = startProcess({ name: 'nothing', command: '/nonexistent/program', args: [] });
    expect((await process.exited).error?.message).toContain('ENOENT');
    await process.stop(1_000);
  });

  it('does not outlive the process that started it, even when that one is killed outright', async () => {
    const module = pathToFileURL(join(projectRoot, 'dist', 'stack', 'process.js')).href;
    const parent = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `const { startProcess } = await import(${JSON.stringify(module)});
       const child = startProcess({ name: 'child', command: '/bin/sh', args: ['-c', '${FOREVER}'] });
       console.log(child.pid);
       setInterval(() => {}, 1000);`,
    ]);
    const [output] = (await once(parent.stdout, 'data')) as [Buffer];
    const child = Number(output.toString());
    expect(isAlive(child)).toBe(true);
    parent.kill('SIGKILL');
    expect(await waitForEnd(child, 10_000)).toBe(true);
  });
});

describe('a process that is kept running', () => {
  it('fails the start when it ends too early', async () => {
    const keeper = await keepRunning({
      title: 'worker',
      start: async () => shell('exit 4'),
      stopDeadlineMs: 1_000,
      say: () => undefined,
    });
    await expect(keeper.failed).rejects.toThrow('The worker ended with code 4.');
    await keeper.stop();
  });

  it('is started again after a crash, which is said, but not after a stop', async () => {
    const started: RunningProcess[] = [];
    const said: string[] = [];
    let back: () => void = () => undefined;
    const runsAgain = new Promise<void>((resolve) => {
      back = resolve;
    });
    const keeper = await keepRunning({
      title: 'worker',
      start: async () => {
        const next = shell(FOREVER);
        started.push(next);
        return next;
      },
      stopDeadlineMs: 1_000,
      say: (line) => {
        said.push(line);
        if (line.includes('again.')) back();
      },
    });
    keeper.watch();
    process.kill(started[0]?.pid ?? 0, 'SIGKILL');
    await runsAgain;
    expect(said).toEqual(['The worker was ended by SIGKILL; starting it again in 1 s.', 'The worker runs again.']);
    await keeper.stop();
    expect(started).toHaveLength(2);
    expect(started[1]?.exit()?.signal).toBe('SIGTERM');
  });
});

it('tells a process from a later one of the same number by its start', () => {
  expect(startTime(process.pid)).not.toBe('');
  expect(startTime(process.pid)).not.toBe(startTime(process.ppid));
  expect(startTime(2 ** 22 + 1)).toBe('');
});
