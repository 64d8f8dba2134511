import type { ActivityDeps } from '../flow-steps.js';
import type { BatchRow, RowMade } from '../store/batch-rows.js';
import type { Batch } from '../store/batches.js';
import type { Queryable } from '../store/statement.js';
import { importRow } from '../store/import-row.js';
import { inviteRow } from './invite-row.js';
import { recoverRow } from './recover-row.js';

/** Does what a locked row asks for, inside its transaction. @throws LatchkeyError when it cannot be done */
export async function doRow(db: Queryable, deps: ActivityDeps, batch: Batch, row: BatchRow): Promise<RowMade> {
  switch (batch.kind) {
    case 'import':
      return importRow(db, row.payload ?? {}, new Date(deps.now()));
    case 'recover':
      return recoverRow(db, deps, batch, row.identity_id ?? '');
    case 'invite':
      return inviteRow(db, deps, batch, { payload: row.payload ?? {}, identityId: row.identity_id });
  }
}
