/** The activities that the workflow of a batch asks for. Ids, numbers and times only. */
import type { BatchCommand, BatchKind, BatchState } from './domain/batch-lifecycle.js';
import type { InviteInput, RecoveryInput } from './messages.js';

/** How a batch stands. */
export interface BatchStanding {
  kind: BatchKind;
  state: BatchState;
  /** Good rows: all that are to be done. */
  good: number;
  bad: number;
  done: number;
  failed: number;
  mailsPerSecond: number;
}

/** Rows from one number to another, both included. */
export interface RowRange {
  from: number;
  to: number;
}

/** A recovery or an invite whose workflow is to be started. */
export type BatchChild =
  | { type: 'recovery'; input: RecoveryInput; identityId: string }
  | { type: 'invite'; input: InviteInput; identityId: string; method: 'code' | 'link'; expiresAt: number };

/** What became of a range of rows. */
export interface RowsResult {
  done: number;
  failed: number;
  /** True: the batch was found not to be running, and rows are left. */
  stopped: boolean;
  /** Of all done rows of the range, also those that were done before. */
  children: BatchChild[];
}

/** Short Postgres steps. */
export interface BatchSteps {
  /** Does what an operator asked in the Temporal UI, where it means something; answers how the batch stands then. */
  stepBatch(input: { batchId: string; asked: BatchCommand | null }): Promise<BatchStanding | null>;
  /** Pending rows behind row `after`, cut into ranges of `size` rows, `count` ranges at most. */
  planRows(input: { batchId: string; after: number; size: number; count: number }): Promise<RowRange[]>;
  /** Ends a running batch that has no pending row left; answers how it stands then. */
  finishBatch(input: { batchId: string }): Promise<BatchStanding | null>;
}

/** Long work, on the queue of batches. */
export interface BatchJobs {
  /** Does the pending rows of a range, while the batch is running. Safe to do again. */
  runRows(input: { batchId: string } & RowRange): Promise<RowsResult>;
  /** Forgets what the rows of a cancelled batch asked for: they hold people's data and hashes. */
  forgetRows(input: { batchId: string }): Promise<void>;
}
