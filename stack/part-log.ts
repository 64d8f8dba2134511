import { createWriteStream, mkdirSync, renameSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';

/** A log file larger than this is set aside as `<name>.log.1` at the next start. */
const LARGEST_LOG_BYTES = 10 * 1024 * 1024;

/** How long one and the same warning is shown once only. */
const REPEAT_MS = 60_000;

/** The log of one part of the stack. */
export interface PartLog {
  /** Takes one line of output. */
  line(text: string): void;
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
 * Opens `<folder>/<name>.log` for appending. Every line goes there. To `show` go warnings and worse, in short and each
 * once a minute, or with `verbose` every line as it is; the part's name comes first.
 */
export function openPartLog({ folder, name, verbose, levelsEverywhere, show }: PartLogOptions): PartLog {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${name}.log`);
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG_BYTES) renameSync(file, `${file}.1`);
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  stream.on('error', () => undefined);
  const shownAt = new Map<string, number>();

  /** A part that cannot reach another says so every second; once in a while is enough. */
  function showOnce(text: string): void {
    const now = Date.now();
    if (now - (shownAt.get(text) ?? 0) < REPEAT_MS) return;
    if (shownAt.size > 100) shownAt.clear();
    shownAt.set(text, now);
    show(`${name} | ${text}`);
  }

  return {
    line(text) {
      stream.write(`${text}\n`);
      if (verbose) show(`${name} | ${text}`);
      else if (isWarning(text, levelsEverywhere)) showOnce(inShort(text));
    },
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

/** Level and message of a JSON line; any other line as it is. */
function inShort(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    const { level, msg, err } = JSON.parse(text) as { level?: string; msg?: string; err?: { type?: string } };
    return `${level ?? 'warn'}: ${msg ?? text}${err?.type === undefined ? '' : ` (${err.type})`}`;
  } catch {
    return text;
  }
}
