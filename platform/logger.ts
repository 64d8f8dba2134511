import { pino } from 'pino';
import type { Logger } from 'pino';
import type { Config } from './config/config.js';

export type { Logger } from 'pino';

/**
 * The log of a process: JSON lines with UTC times. Callers log ids and states, never bodies, headers, URLs or addresses.
 */
export function createLogger(process: 'api' | 'worker' | 'migrate', log: Config['log']): Logger {
  return pino({
    level: log.level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: safeError },
  });
}

/** An error without what it may quote: Postgres puts values into `detail` and into some messages. */
function safeError(error: Error & { code?: unknown; extras?: { private?: string } }): Record<string, unknown> {
  return {
    type: error.name,
    code: error.code,
    private: error.extras?.private,
    stack: error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at ')).slice(0, 12),
  };
}
