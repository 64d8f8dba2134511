import type { JsonObject } from '../../schemas/json.js';
import type { RowRange } from '../../workflows/batch-ports.js';
import type { Invite } from './invites.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** How a row of a batch stands. */
export type BatchRowState = 'pending' | 'bad' | 'done' | 'failed';

/** A row of `batch_rows`. */
export interface BatchRow {
  batch_id: string;
  number: number;
  line: number | null;
  state: BatchRowState;
  payload: JsonObject | null;
  reason: string | null;
  identity_id: string | null;
  flow_id: string | null;
  invite_id: string | null;
  attempts: number;
}

/** A row as it comes from an upload, checked. */
export type NewBatchRow = Pick<BatchRow, 'number' | 'line' | 'payload' | 'reason' | 'identity_id'>;

const insert = statement<never>(
  'batch-rows-insert',
  `INSERT INTO batch_rows (batch_id, number, line, state, payload, reason, identity_id)
   SELECT $1, number, line, CASE WHEN reason IS NULL THEN 'pending' ELSE 'bad' END, payload, reason, identity_id
   FROM jsonb_to_recordset($2::jsonb)
     AS r(number integer, line integer, payload jsonb, reason text, identity_id uuid)`,
);

/** Inserts checked rows: those with a reason are bad, and their payload is not kept. */
export async function insertBatchRows(db: Queryable, batchId: string, rows: readonly NewBatchRow[]): Promise<void> {
  const kept = rows.map((row) => (row.reason === null ? row : { ...row, payload: null }));
  await insert(db, [batchId, JSON.stringify(kept)]);
}

const plan = statement<{ number: number }>(
  'batch-rows-plan',
  `SELECT number FROM batch_rows WHERE batch_id = $1 AND state = 'pending' AND number > $2 ORDER BY number LIMIT $3`,
);

/** Pending rows behind `after`, cut into ranges of `size` rows, `count` ranges at most. */
export async function planBatchRows(
  db: Queryable,
  batchId: string,
  wanted: { after: number; size: number; count: number },
): Promise<RowRange[]> {
  const rows = await plan(db, [batchId, wanted.after, wanted.size * wanted.count]);
  const ranges: RowRange[] = [];
  for (let at = 0; at < rows.length; at += wanted.size) {
    const cut = rows.slice(at, at + wanted.size);
    ranges.push({ from: cut[0]?.number ?? 0, to: cut.at(-1)?.number ?? 0 });
  }
  return ranges;
}

const pending = statement<{ number: number }>(
  'batch-rows-pending',
  `SELECT number FROM batch_rows
   WHERE batch_id = $1 AND state = 'pending' AND number BETWEEN $2 AND $3 ORDER BY number`,
);

/** Numbers of the pending rows of a range. */
export async function pendingBatchRows(db: Queryable, batchId: string, range: RowRange): Promise<number[]> {
  return (await pending(db, [batchId, range.from, range.to])).map(({ number }) => number);
}

const lock = statement<BatchRow>(
  'batch-row-lock',
  `SELECT r.* FROM batch_rows r JOIN batches b ON b.id = r.batch_id
   WHERE r.batch_id = $1 AND r.number = $2 AND r.state = 'pending' AND b.state = 'running' FOR UPDATE OF r`,
);

/** The row, locked until the transaction ends, if it is still pending and its batch is running. */
export async function lockPendingBatchRow(
  db: Queryable,
  batchId: string,
  number: number,
): Promise<BatchRow | undefined> {
  return (await lock(db, [batchId, number]))[0];
}

const finish = statement<never>(
  'batch-row-finish',
  `UPDATE batch_rows SET state = CASE WHEN $6::text IS NULL THEN 'done' ELSE 'failed' END,
     payload = CASE WHEN $6::text IS NULL THEN NULL ELSE payload END, reason = $6, identity_id = $3, flow_id = $4,
     invite_id = $5, attempts = attempts + 1
   WHERE batch_id = $1 AND number = $2`,
);

/** What doing a row made. */
export interface RowMade {
  identityId: string;
  flowId?: string;
  inviteId?: string;
  /** What of it could not be done. The row counts as failed, and what was done stays. */
  shortfall?: string;
}

/** Writes that a locked row is done, or how far. What a done row was made of is not kept. */
export async function finishBatchRow(db: Queryable, row: BatchRow, made: RowMade): Promise<void> {
  await finish(db, [
    row.batch_id,
    row.number,
    made.identityId,
    made.flowId ?? null,
    made.inviteId ?? null,
    made.shortfall ?? null,
  ]);
}

const fail = statement<{ number: number }>(
  'batch-row-fail',
  `UPDATE batch_rows SET state = 'failed', reason = $3, attempts = attempts + 1
   WHERE batch_id = $1 AND number = $2 AND state = 'pending' RETURNING number`,
);

/** Writes that a pending row failed, and why. */
export async function failBatchRow(db: Queryable, batchId: string, number: number, reason: string): Promise<void> {
  await fail(db, [batchId, number, reason]);
}

const openFlows = statement<{ id: string; identity_id: string; method: 'code' | 'link'; expires_at: Date }>(
  'batch-rows-open-flows',
  `SELECT f.id, f.identity_id, f.method, f.expires_at
   FROM batch_rows r JOIN recovery_flows f ON f.id = r.flow_id
   WHERE r.batch_id = $1 AND r.number BETWEEN $2 AND $3 AND r.state = 'done' AND f.outcome IS NULL ORDER BY r.number`,
);

/** The recoveries that the done rows of a range began and that have not ended. */
export function openFlowsOfBatch(
  db: Queryable,
  batchId: string,
  range: RowRange,
): Promise<{ id: string; identity_id: string; method: 'code' | 'link'; expires_at: Date }[]> {
  return openFlows(db, [batchId, range.from, range.to]);
}

type MadeInvite = Pick<Invite, 'id' | 'identity_id' | 'method' | 'expires_at' | 'reminders_ms'>;

const openInvites = statement<MadeInvite>(
  'batch-rows-open-invites',
  `SELECT i.id, i.identity_id, i.method, i.expires_at, i.reminders_ms
   FROM batch_rows r JOIN invites i ON i.id = r.invite_id
   WHERE r.batch_id = $1 AND r.number BETWEEN $2 AND $3 AND r.state = 'done'
     AND i.status IN ('pending', 'sent', 'delivered', 'failed', 'opened') ORDER BY r.number`,
);

/** The invites that the done rows of a range made and that are open. */
export function openInvitesOfBatch(db: Queryable, batchId: string, range: RowRange): Promise<MadeInvite[]> {
  return openInvites(db, [batchId, range.from, range.to]);
}

const list = statement<Omit<BatchRow, 'payload'>>(
  'batch-rows-list',
  `SELECT batch_id, number, line, state, reason, identity_id, flow_id, invite_id, attempts FROM batch_rows
   WHERE batch_id = $1 AND number > $2 AND ($3::text[] IS NULL OR state = ANY($3)) ORDER BY number LIMIT $4`,
);

/** Rows in their order, those behind row `after`, `limit` at most. */
export async function listBatchRows(
  db: Queryable,
  batchId: string,
  states: readonly BatchRowState[] | null,
  page: { after: number; limit: number },
): Promise<{ items: Omit<BatchRow, 'payload'>[]; next?: number }> {
  const rows = await list(db, [batchId, page.after, states, page.limit + 1]);
  const items = rows.slice(0, page.limit);
  const next = rows.length > page.limit ? items.at(-1)?.number : undefined;
  return next === undefined ? { items } : { items, next };
}

const forget = statement<never>(
  'batch-rows-forget',
  `UPDATE batch_rows SET payload = NULL
   WHERE batch_id = $1 AND number > $2 AND number <= $2 + $3 AND payload IS NOT NULL`,
);

/** Empties the payloads of `count` rows behind `after`. */
export async function forgetBatchRows(db: Queryable, batchId: string, after: number, count: number): Promise<void> {
  await forget(db, [batchId, after, count]);
}
