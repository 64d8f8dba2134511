import type { BatchChild, RowRange } from '../../workflows/batch-ports.js';
import type { ActivityDeps } from '../flow-steps.js';

/** The workflows that the done rows of a range call for. */
export async function childrenOf(_deps: ActivityDeps, _batchId: string, _range: RowRange): Promise<BatchChild[]> {
  return [];
}
