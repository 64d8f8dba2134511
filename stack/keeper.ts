import { setTimeout as delay } from 'node:timers/promises';
import { describeExit } from './process.js';
import type { RunningProcess } from './process.js';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** A process that has run for this long has recovered: its next crash starts from the short pause again. */
const STEADY_MS = 60_000;

export interface KeeperOptions {
  /** For messages: 'The <title> ended …'. */
  readonly title: string;
  /** Starts the process anew; may throw. */
  readonly start: () => Promise<RunningProcess>;
  /** How long it may take to end when asked, milliseconds. */
  readonly stopDeadlineMs: number;
  readonly say: (line: string) => void;
}

/** Keeps one process of the stack running. */
export interface Keeper {
  /**
   * From now on a crash leads to a restart instead of an end of the stack.
   */
  watch(): void;
  /** Rejects when the process ends before {@link watch}; never resolves. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/**
 * Starts a process. Until `watch` is called its end is a failure of the start; after that it is started again, after
 * one second, then two, then four, up to 30.
 */
export async function keepRunning(options: KeeperOptions): Promise<Keeper> {
  const { title, start, say } = options;
  const stopping = new AbortController();
  let current = await start();
  let watching = false;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);

  async function restart(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      const began = Date.now();
      const exit = await current.exited;
      if (stopping.signal.aborted) return;
      if (!watching) {
        fail(new Error(`The ${title} ${describeExit(exit)}.`));
        return;
      }
      if (Date.now() - began > STEADY_MS) pause = FIRST_PAUSE_MS;
      let reason = describeExit(exit);
      for (;;) {
        say(`The ${title} ${reason}; starting it again in ${pause / 1000} s.`);
        await delay(pause, undefined, { signal: stopping.signal });
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
        try {
          current = await start();
          break;
        } catch (error) {
          if (stopping.signal.aborted) return;
          reason = `did not start: ${error instanceof Error ? error.message : String(error)}`;
        }
      }
      if (stopping.signal.aborted) {
        await current.stop(options.stopDeadlineMs);
        return;
      }
      say(`The ${title} runs again.`);
    }
  }
  const watcher = restart().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });

  return {
    watch: () => {
      watching = true;
    },
    failed,
    async stop() {
      stopping.abort();
      await current.stop(options.stopDeadlineMs);
      await watcher;
    },
  };
}
