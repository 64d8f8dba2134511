import { inTransaction } from '../../platform/postgres.js';
import type { BatchStanding, BatchSteps } from '../../workflows/batch-ports.js';
import type { ActivityDeps } from '../flow-steps.js';
import { withQuietFailures } from '../quiet-failures.js';
import { planBatchRows } from '../store/batch-rows.js';
import { countBatches, getBatch, stepBatch } from '../store/batches.js';
import type { Batch } from '../store/batches.js';
import type { Queryable } from '../store/statement.js';

/** The short Postgres steps of batches. */
export function createBatchSteps({ pool, now }: Pick<ActivityDeps, 'pool' | 'now'>): BatchSteps {
  return withQuietFailures<BatchSteps>({
    stepBatch: ({ batchId, asked }) =>
      inTransaction(pool, async (client) => {
        const batch = await getBatch(client, batchId, { lock: asked !== null });
        if (!batch) return null;
        const stepped = asked && (await stepBatch(client, batch, asked, new Date(now())));
        return standingOf(client, stepped ?? batch);
      }),
    planRows: ({ batchId, ...wanted }) => planBatchRows(pool, batchId, wanted),
    finishBatch: ({ batchId }) =>
      inTransaction(pool, async (client) => {
        const batch = await getBatch(client, batchId, { lock: true });
        if (!batch) return null;
        const [left] = await planBatchRows(client, batchId, { after: 0, size: 1, count: 1 });
        const stepped = left ? null : await stepBatch(client, batch, 'all_finished', new Date(now()));
        return standingOf(client, stepped ?? batch);
      }),
  });
}

async function standingOf(db: Queryable, batch: Batch): Promise<BatchStanding | null> {
  const [counted] = await countBatches(db, [batch]);
  if (!counted) return null;
  const { kind, state, total, bad, done, failed, mails_per_second: mailsPerSecond } = counted;
  return { kind, state, good: total - bad, bad, done, failed, mailsPerSecond };
}
