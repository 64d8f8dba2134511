import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import type { Logger } from '../../platform/logger.js';
import { createLogger } from '../../platform/logger.js';
import { runtimeLogger } from '../../worker/runtime-logger.js';
import { leftover } from './leftovers.js';

let logger: Logger | undefined;

/**
 * One log for the test file, kept for the look at the leftovers; the SDK's goes there too. Ask for it before using
 * anything of the SDK.
 */
export function testLogger(): Logger {
  if (!logger) {
    const name = `${process.pid}-${randomUUID().slice(0, 8)}.log`;
    logger = createLogger(
      'worker',
      { level: 'info' },
      pino.destination({ dest: join(leftover.logs, name), sync: true, mkdir: true }),
    );
    Runtime.install({ logger: runtimeLogger(logger) });
  }
  return logger;
}
