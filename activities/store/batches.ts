import { isBatchOver, nextBatchState } from '../../workflows/domain/batch-lifecycle.js';
import type { BatchEvent, BatchKind, BatchState } from '../../workflows/domain/batch-lifecycle.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** A row of `batches`. */
export interface Batch {
  id: string;
  kind: BatchKind;
  format: string;
  state: BatchState;
  total: number;
  bad: number;
  /** How long a code or invite lives; null: as configured. */
  life_ms: number | null;
  mails_per_second: number;
  /** Id of the admin key that made it. */
  created_by: string | null;
  created_at: Date;
  updated_at: Date;
  /** Since when it runs without a break. */
  running_since: Date | null;
  /** Rows finished at that time. */
  finished_before: number;
  /** As counted when it ended. */
  done: number | null;
  failed: number | null;
}

/** A batch with its rows counted. */
export interface CountedBatch extends Batch {
  done: number;
  failed: number;
}

const insert = statement<never>(
  'batch-insert',
  `INSERT INTO batches (id, kind, format, state, total, bad, life_ms, mails_per_second, created_by, created_at, updated_at,
     running_since)
   VALUES ($1, $2, $3, $4, 0, 0, $5, $6, $7, $8, $8, $9)`,
);

/** What a new batch starts with. */
export type NewBatch = Pick<
  Batch,
  'id' | 'kind' | 'format' | 'life_ms' | 'mails_per_second' | 'created_by' | 'created_at'
> & { state: 'ready' | 'running' };

/** Inserts a batch without rows. */
export async function insertBatch(db: Queryable, batch: NewBatch): Promise<void> {
  await insert(db, [
    batch.id,
    batch.kind,
    batch.format,
    batch.state,
    batch.life_ms,
    batch.mails_per_second,
    batch.created_by,
    batch.created_at,
    batch.state === 'running' ? batch.created_at : null,
  ]);
}

const setTotals = statement<never>('batch-set-totals', 'UPDATE batches SET total = $2, bad = $3 WHERE id = $1');

/** Writes how many rows there are, and how many of them are bad. */
export async function setBatchTotals(db: Queryable, id: string, total: number, bad: number): Promise<void> {
  await setTotals(db, [id, total, bad]);
}

const byId = statement<Batch>('batch-by-id', 'SELECT * FROM batches WHERE id = $1');
const byIdLocked = statement<Batch>('batch-by-id-locked', 'SELECT * FROM batches WHERE id = $1 FOR UPDATE');

/** The batch as it is written, or undefined. `lock` holds it until the transaction ends. */
export async function getBatch(
  db: Queryable,
  id: string,
  options: { lock?: boolean } = {},
): Promise<Batch | undefined> {
  return (await (options.lock ? byIdLocked : byId)(db, [id]))[0];
}

const stateOf = statement<{ state: BatchState }>('batch-state', 'SELECT state FROM batches WHERE id = $1');

/** How the batch stands, without counting; undefined when there is none. */
export async function getBatchState(db: Queryable, id: string): Promise<BatchState | undefined> {
  return (await stateOf(db, [id]))[0]?.state;
}

const counts = statement<{ batch_id: string; done: number; failed: number }>(
  'batch-counts',
  `SELECT batch_id, count(*) FILTER (WHERE state = 'done')::integer AS done,
     count(*) FILTER (WHERE state = 'failed')::integer AS failed
   FROM batch_rows WHERE batch_id = ANY($1) AND state IN ('done', 'failed') GROUP BY batch_id`,
);

/** The batches with their rows counted; those that have ended were counted then. */
export async function countBatches(db: Queryable, batches: readonly Batch[]): Promise<CountedBatch[]> {
  const open = batches.filter(({ done }) => done === null).map(({ id }) => id);
  const found = open.length === 0 ? [] : await counts(db, [open]);
  return batches.map((batch) => {
    const counted = found.find((other) => other.batch_id === batch.id);
    return { ...batch, done: batch.done ?? counted?.done ?? 0, failed: batch.failed ?? counted?.failed ?? 0 };
  });
}

const newest = statement<Batch>(
  'batches-newest',
  `SELECT * FROM batches WHERE $1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid)
   ORDER BY created_at DESC, id DESC LIMIT $3`,
);

/** The place of a batch in the list. */
export type BatchPlace = Pick<Batch, 'created_at' | 'id'>;

/** Batches, newest first, `limit` at most, those behind `after`. */
export async function listBatches(
  db: Queryable,
  page: { after: BatchPlace | null; limit: number },
): Promise<{ items: CountedBatch[]; next?: BatchPlace }> {
  const rows = await newest(db, [page.after?.created_at ?? null, page.after?.id ?? null, page.limit + 1]);
  const items = await countBatches(db, rows.slice(0, page.limit));
  const next = rows.length > page.limit ? items.at(-1) : undefined;
  return next === undefined ? { items } : { items, next };
}

const setState = statement<never>(
  'batch-set-state',
  `UPDATE batches SET state = $2, updated_at = $3, running_since = $4, finished_before = $5, done = $6, failed = $7
   WHERE id = $1`,
);
const retryFailed = statement<never>(
  'batch-retry-failed',
  `UPDATE batch_rows SET state = 'pending', reason = NULL WHERE batch_id = $1 AND state = 'failed'`,
);

/** Takes a locked batch where `event` leads, and returns it so. Null, and nothing done, where the event means nothing. */
export async function stepBatch(
  db: Queryable,
  batch: Batch,
  event: BatchEvent,
  now: Date,
): Promise<CountedBatch | null> {
  const state = nextBatchState(batch.state, event);
  if (state === null) return null;
  if (event === 'retry') await retryFailed(db, [batch.id]);
  const [counted] = await countBatches(db, [{ ...batch, done: null, failed: null }]);
  const { done, failed } = counted ?? { done: 0, failed: 0 };
  const stepped: CountedBatch = {
    ...batch,
    state,
    updated_at: now,
    running_since: state === 'running' ? now : null,
    finished_before: done + failed,
    done,
    failed,
  };
  const ended = isBatchOver(state);
  await setState(db, [
    batch.id,
    state,
    now,
    stepped.running_since,
    stepped.finished_before,
    ended ? done : null,
    ended ? failed : null,
  ]);
  return stepped;
}

const remove = statement<never>('batch-delete', 'DELETE FROM batches WHERE id = $1');

/** Deletes a batch with its rows. */
export async function deleteBatch(db: Queryable, id: string): Promise<void> {
  await remove(db, [id]);
}
