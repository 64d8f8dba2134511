import type { Logger as TemporalLogger, LogLevel } from '@temporalio/worker';
import type { Logger } from '../platform/logger.js';

const LEVELS: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/**
 * The Temporal SDK's log, in ours. Of its metadata only ids and names are taken: the rest may hold whole errors, whose
 * texts are not ours.
 */
export function runtimeLogger(logger: Logger): TemporalLogger {
  const log = (level: LogLevel, message: string, meta: Record<string, unknown> = {}): void => {
    const { workflowId, workflowType, activityType, attempt, taskQueue, error } = meta;
    const err = error instanceof Error ? error : undefined;
    logger[LEVELS[level]]({ workflowId, workflowType, activityType, attempt, taskQueue, err }, message);
  };
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
}
