import { pino } from 'pino';
import type { DestinationStream, Logger, LoggerOptions } from 'pino';
import type { Config } from './config/config.js';

export type { Logger } from 'pino';

/**
 * The log of a process: JSON lines with UTC times, to standard output unless told otherwise. Callers log ids and states, never bodies, headers, URLs or addresses.
 */
export function createLogger(
  process: 'api' | 'worker' | 'migrate',
  log: Config['log'],
  destination?: DestinationStream,
): Logger {
  const options: LoggerOptions = {
    level: log.level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: safeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** An error without what it may quote: Postgres puts values into `detail` and into some messages. */
function safeError(error: Error & { code?: unknown; extras?: { private?: string } }): Record<string, unknown> {
  return {
    type: error.name,
    code: error.code,
    private: error.extras?.private,
    stack: error.stack
      ?.split('\n')
      .filter((line) => line.trimStart().startsWith('at '))
      .slice(0, 12),
  };
}
