/** First wait once an account's attempts are used up. */
const FIRST_HOLD_MS = 30_000;
const LONGEST_HOLD_MS = 3_600_000;

/**
 * How long recovery of an account is held after its `failed`-th wrong submission in a row, in milliseconds; 0 below
 * `limit`. Doubles with every further failure, from 30 seconds to one hour (NIST SP 800-63B-4, 3.2.2).
 */
export function holdAfter(failed: number, limit: number): number {
  if (failed < limit) return 0;
  return Math.min(FIRST_HOLD_MS * 2 ** Math.min(failed - limit, 20), LONGEST_HOLD_MS);
}
