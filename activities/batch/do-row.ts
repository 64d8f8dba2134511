import type { ActivityDeps } from '../flow-steps.js';
import type { BatchRow, RowMade } from '../store/batch-rows.js';
import type { Batch } from '../store/batches.js';
import type { Queryable } from '../store/statement.js';
import { importRow } from './import-row.js';

/** Does what a locked row asks for, inside its transaction. @throws LatchkeyError when it cannot be done */
export async function doRow(db: Queryable, deps: ActivityDeps, _batch: Batch, row: BatchRow): Promise<RowMade> {
  const now = new Date(deps.now());
  return importRow(db, row.payload ?? {}, now);
}
