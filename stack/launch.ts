import { join } from 'node:path';
import type { DataFolder } from './data-folder.js';
import { keepRunning } from './keeper.js';
import type { Keeper } from './keeper.js';
import { openPartLog } from './part-log.js';
import type { PartLog } from './part-log.js';
import type { RunningProcess } from './process.js';

const REMINDER_MS = 5_000;

export interface LaunchOptions {
  /** Held by this launch, and let go of at its end. */
  readonly dataFolder: DataFolder;
  readonly say: (line: string) => void;
  /** Breaks off between two steps. */
  readonly signal: AbortSignal;
  readonly verbose: boolean;
}

/** What has been started so far, so that it can be stopped in the opposite order. */
export interface Launch {
  /** Opens the log of a part; `levelsEverywhere` as in {@link openPartLog}. */
  logOf(name: string, levelsEverywhere: boolean): PartLog;
  /** Starts a process and keeps it running; `stopMs` is how long it may take to end, milliseconds. */
  keep(title: string, stopMs: number, start: () => Promise<RunningProcess>): Promise<Keeper>;
  /** Does one step of the start and says how long it took, and every few seconds that it is not through. */
  timed<T>(what: string, work: () => Promise<T>): Promise<T>;
  onStop(close: () => Promise<void>): void;
  /** From now on a process that ends is started again. */
  watchAll(): void;
  stop(): Promise<void>;
}

export function createLaunch({ dataFolder, say, signal, verbose }: LaunchOptions): Launch {
  const closers: (() => Promise<void>)[] = [() => dataFolder.release()];
  const keepers: Keeper[] = [];
  let stopping = false;

  return {
    logOf(name, levelsEverywhere) {
      const log = openPartLog({
        folder: join(dataFolder.path, 'logs'),
        name,
        verbose,
        levelsEverywhere,
        // What the parts complain about while the others go away is in their log files.
        show: (line) => {
          if (!stopping) say(line);
        },
      });
      closers.push(() => log.close());
      return log;
    },
    async keep(title, stopMs, start) {
      const keeper = await keepRunning({ title, start, stopDeadlineMs: stopMs, say });
      keepers.push(keeper);
      closers.push(() => keeper.stop());
      await dataFolder.noteGuardian();
      return keeper;
    },
    async timed(what, work) {
      signal.throwIfAborted();
      const began = Date.now();
      const seconds = (): string => ((Date.now() - began) / 1000).toFixed(1);
      const reminder = setInterval(() => say(`  … ${seconds()} s, not yet: ${what}`), REMINDER_MS);
      try {
        const result = await work();
        say(`${what} in ${seconds()} s`);
        return result;
      } finally {
        clearInterval(reminder);
      }
    },
    onStop: (close) => closers.push(close),
    watchAll() {
      for (const keeper of keepers) keeper.watch();
    },
    async stop() {
      stopping = true;
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}
