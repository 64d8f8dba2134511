import { clearFailures, countFailure, lockAttemptCounter } from '../../../activities/store/attempt-counters.js';
import type { Queryable } from '../../../activities/store/statement.js';
import { inTransaction } from '../../../platform/postgres.js';
import type { ApiContext } from '../../context.js';

/**
 * Takes one attempt of a subject, such as an account's passwords. It counts as failed until `clearAttempts`: however
 * many come at once, no more are judged than may fail in a row (NIST SP 800-63B-4, 3.2.2). False while the subject is
 * held, for growing waits; nothing may be compared then, and the answer has to be that of a wrong attempt.
 */
export async function takeAttempt(ctx: ApiContext, subject: string): Promise<boolean> {
  return inTransaction(ctx.pool, async (client) => {
    const now = new Date(ctx.now());
    const counter = await lockAttemptCounter(client, subject, now);
    if (counter.heldUntil) return false;
    const limit = ctx.config.limits.attemptsPerAccount;
    await countFailure(client, subject, { failedBefore: counter.failed, limit, now });
    return true;
  });
}

/** The attempt was right: the row of failures ends. */
export async function clearAttempts(ctx: ApiContext, db: Queryable, subject: string): Promise<void> {
  await clearFailures(db, subject, new Date(ctx.now()));
}
