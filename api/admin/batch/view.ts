import type { BatchRow } from '../../../activities/store/batch-rows.js';
import type { CountedBatch } from '../../../activities/store/batches.js';
import type { JsonObject } from '../../../schemas/json.js';
import { formatGoDuration } from '../../../workflows/domain/duration.js';
import { pace } from '../../../workflows/domain/batch-lifecycle.js';

/** A batch and how far it is. `now` in milliseconds since the epoch. */
export function batchView(batch: CountedBatch, now: number): JsonObject {
  const { total, bad, done, failed } = batch;
  const left = Math.max(total - bad - done - failed, 0);
  const since = batch.running_since?.getTime() ?? now;
  const running = batch.state === 'running';
  const { rate, secondsLeft } = pace(running ? done + failed - batch.finished_before : 0, now - since, left);
  return {
    id: batch.id,
    kind: batch.kind,
    format: batch.format,
    state: batch.state,
    progress: {
      total,
      bad,
      done,
      failed,
      left,
      /** Rows a second. */
      rate: rate === null ? null : Math.round(rate * 100) / 100,
      seconds_left: secondsLeft === null ? null : Math.ceil(secondsLeft),
    },
    mails_per_second: batch.kind === 'import' ? null : batch.mails_per_second,
    expires_in: batch.life_ms === null ? null : formatGoDuration(batch.life_ms),
    created_by: batch.created_by,
    created_at: batch.created_at.toISOString(),
    updated_at: batch.updated_at.toISOString(),
  };
}

/** A row of the report. */
export function batchRowView(row: Omit<BatchRow, 'payload'>): JsonObject {
  return {
    number: row.number,
    line: row.line,
    state: row.state,
    reason: row.reason,
    attempts: row.attempts,
    identity_id: row.identity_id,
    ...(row.flow_id !== null && { flow_id: row.flow_id }),
    ...(row.invite_id !== null && { invite_id: row.invite_id }),
  };
}
