import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { guard, unguard } from './guardian.js';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child; this process's own when absent. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** The signal that ends it cleanly; SIGTERM unless given. */
  readonly stopSignal?: 'SIGINT' | 'SIGTERM';
  /** Called with each line of output. */
  readonly onLine?: (line: string) => void;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Set when it could not be started at all. */
  readonly error?: Error;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number | undefined;
  /** Resolves when it has ended, never rejects. */
  readonly exited: Promise<Exit>;
  /** Null while it runs. */
  exit(): Exit | null;
  /** Asks it to end; after `deadlineMs` milliseconds makes it. Returns when it is gone. */
  stop(deadlineMs: number): Promise<void>;
}

/**
 * Starts a child in a session of its own: Ctrl-C in the terminal reaches only this process, which then stops its
 * children in order. A guardian ends the child when this process is killed outright.
 */
export function startProcess(spec: ProcessSpec): RunningProcess {
  const stopSignal = spec.stopSignal ?? 'SIGTERM';
  const child = spawn(spec.command, spec.args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(spec.env === undefined ? {} : { env: spec.env }),
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    ...(spec.uid === undefined ? {} : { uid: spec.uid }),
    ...(spec.gid === undefined ? {} : { gid: spec.gid }),
  });
  const { pid } = child;
  if (pid !== undefined) guard(pid, stopSignal === 'SIGINT' ? 'INT' : 'TERM');
  readLines(child.stdout, spec.onLine);
  readLines(child.stderr, spec.onLine);

  let ended: Exit | null = null;
  const exited = new Promise<Exit>((resolve) => {
    const end = (exit: Exit): void => {
      if (ended !== null) return;
      ended = exit;
      if (pid !== undefined) unguard(pid);
      resolve(exit);
    };
    child.on('error', (error) => {
      if (pid === undefined) end({ code: null, signal: null, error });
    });
    child.on('exit', (code, signal) => end({ code, signal }));
  });

  return {
    name: spec.name,
    pid,
    exited,
    exit: () => ended,
    async stop(deadlineMs) {
      if (ended !== null || pid === undefined) return;
      child.kill(stopSignal);
      const timer = setTimeout(() => killGroup(pid), deadlineMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** One phrase about how a process ended, for messages. */
export function describeExit(exit: Exit): string {
  if (exit.error !== undefined) return `could not be started: ${exit.error.message}`;
  return exit.signal === null ? `ended with code ${exit.code ?? '?'}` : `was ended by ${exit.signal}`;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function readLines(stream: Readable, onLine: ((line: string) => void) | undefined): void {
  if (onLine === undefined) stream.resume();
  else createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
}
