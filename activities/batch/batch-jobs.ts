import { Context } from '@temporalio/activity';
import { inTransaction } from '../../platform/postgres.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { BatchJobs, RowsResult } from '../../workflows/batch-ports.js';
import type { ActivityDeps } from '../flow-steps.js';
import { withQuietFailures } from '../quiet-failures.js';
import {
  failBatchRow,
  finishBatchRow,
  forgetBatchRows,
  lockPendingBatchRow,
  pendingBatchRows,
} from '../store/batch-rows.js';
import { getBatch, getBatchState } from '../store/batches.js';
import type { Batch } from '../store/batches.js';
import { childrenOf } from './children.js';
import { doRow } from './do-row.js';

const FORGOTTEN_AT_ONCE = 5_000;

/** The long work of batches. */
export function createBatchJobs(deps: ActivityDeps): BatchJobs {
  return withQuietFailures<BatchJobs>({
    async runRows({ batchId, ...range }) {
      const result: RowsResult = { done: 0, failed: 0, stopped: false, children: [] };
      const batch = await getBatch(deps.pool, batchId);
      if (!batch) return { ...result, stopped: true };
      for (const number of await pendingBatchRows(deps.pool, batchId, range)) {
        const became = await runRow(deps, batch, number);
        if (became) result[became] += 1;
        // Somebody else has done it, or the batch was stopped.
        else if ((await getBatchState(deps.pool, batchId)) !== 'running') {
          result.stopped = true;
          break;
        }
        Context.current().heartbeat();
      }
      result.children = batch.kind === 'import' ? [] : await childrenOf(deps, batch, range);
      return result;
    },
    async forgetRows({ batchId }) {
      const batch = await getBatch(deps.pool, batchId);
      for (let after = 0; batch && after < batch.total; after += FORGOTTEN_AT_ONCE) {
        await forgetBatchRows(deps.pool, batchId, after, FORGOTTEN_AT_ONCE);
        Context.current().heartbeat();
      }
    },
  });
}

/** Does one row and writes that it is done, in one transaction; or why it cannot be. Null when somebody else has. */
async function runRow(deps: ActivityDeps, batch: Batch, number: number): Promise<'done' | 'failed' | null> {
  try {
    return await inTransaction(deps.pool, async (client) => {
      const row = await lockPendingBatchRow(client, batch.id, number);
      // Without a payload: the batch was cancelled this moment.
      if (!row?.payload) return null;
      const made = await doRow(client, deps, batch, row);
      await finishBatchRow(client, row, made);
      return made.shortfall === undefined ? 'done' : 'failed';
    });
  } catch (error) {
    if (!(error instanceof LatchkeyError) || error.code === 'unavailable') throw error;
    await failBatchRow(deps.pool, batch.id, number, error.message);
    return 'failed';
  }
}
