import { createWriteStream, mkdirSync, renameSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';

/** A log file larger than this is set aside as `<name>.log.1` at the next start. */
const LARGEST_LOG_BYTES = 10 * 1024 * 1024;

/** The log of one part of the stack. */
export interface PartLog {
  readonly file: string;
  /** Takes one line of output. */
  line(text: string): void;
  /** The last lines, for error messages. */
  tail(): string;
  close(): Promise<void>;
}

export interface PartLogOptions {
  readonly folder: string;
  readonly name: string;
  /** Show every line, not only warnings. */
  readonly verbose: boolean;
  /** The program writes a level into every line, so that a line without one is out of the ordinary. */
  readonly levelsEverywhere: boolean;
  readonly show: (line: string) => void;
}

/**
 * Opens `<folder>/<name>.log` for appending. Every line goes there; to `show` go those of warning level and above, or
 * all with `verbose`, each with the part's name before it.
 */
export function openPartLog({ folder, name, verbose, levelsEverywhere, show }: PartLogOptions): PartLog {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${name}.log`);
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG_BYTES) renameSync(file, `${file}.1`);
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  stream.on('error', () => undefined);
  const recent: string[] = [];
  return {
    file,
    line(text) {
      stream.write(`${text}\n`);
      recent.push(text);
      if (recent.length > 15) recent.shift();
      if (verbose || isWarning(text, levelsEverywhere)) show(`${name} | ${text}`);
    },
    tail: () => recent.join('\n'),
    async close() {
      stream.end();
      if (!stream.destroyed) await once(stream, 'close').catch(() => undefined);
    },
  };
}

const LEVELS = [/^\{"level":"(\w+)"/, /\[\d+\] (WARNING|ERROR|FATAL|PANIC): /, /\blevel=(\w+)/];
const NO_WARNINGS = ['trace', 'debug', 'info'];

/**
 * Reads the level off a line of Latchkey (JSON), Postgres or Temporal. Lines without one, such as a stack trace, count
 * for programs that otherwise write one into every line.
 */
function isWarning(text: string, levelsEverywhere: boolean): boolean {
  const level = LEVELS.map((pattern) => pattern.exec(text)?.[1]).find((found) => found !== undefined);
  return level === undefined ? levelsEverywhere && text.trim() !== '' : !NO_WARNINGS.includes(level.toLowerCase());
}
