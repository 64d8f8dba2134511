import { holdAfter } from '../../workflows/domain/account-hold.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

interface Counter {
  failed: number;
  held_until: Date | null;
}

const lock = statement<Counter>(
  'attempt-counter-lock',
  `INSERT INTO attempt_counters (subject, updated_at) VALUES ($1, $2)
   ON CONFLICT (subject) DO UPDATE SET updated_at = $2
   RETURNING failed, held_until`,
);
const set = statement<never>(
  'attempt-counter-set',
  'UPDATE attempt_counters SET failed = $2, held_until = $3, updated_at = $4 WHERE subject = $1',
);

/** Locks the subject's counter until the transaction ends. Returns until when it is held, or null. */
export async function lockAttemptCounter(
  db: Queryable,
  subject: string,
  now: Date,
): Promise<{ failed: number; heldUntil: Date | null }> {
  const [row] = await lock(db, [subject, now]);
  const heldUntil = row?.held_until && row.held_until > now ? row.held_until : null;
  return { failed: row?.failed ?? 0, heldUntil };
}

/** Counts one more failure of a locked subject, and holds it when that reaches `limit`. */
export async function countFailure(
  db: Queryable,
  subject: string,
  counted: { failedBefore: number; limit: number; now: Date },
): Promise<void> {
  const failed = counted.failedBefore + 1;
  const hold = holdAfter(failed, counted.limit);
  const heldUntil = hold > 0 ? new Date(counted.now.getTime() + hold) : null;
  await set(db, [subject, failed, heldUntil, counted.now]);
}

/** A success ends the row of failures. */
export async function clearFailures(db: Queryable, subject: string, now: Date): Promise<void> {
  await set(db, [subject, 0, null, now]);
}
