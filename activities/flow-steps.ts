import type pg from 'pg';
import { inTransaction } from '../platform/postgres.js';
import type { Config } from '../platform/config/config.js';
import type { Keys } from '../platform/keys.js';
import type { FlowSteps } from '../workflows/ports.js';
import { endFlow } from './end-flow.js';
import { judgeSubmission } from './judge-submission.js';

/** What the activities work with. Built once per worker process, and by tests. */
export interface ActivityDeps {
  readonly config: Config;
  readonly pool: pg.Pool;
  readonly keys: Keys;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The short Postgres steps, one transaction each. */
export function createFlowSteps(deps: ActivityDeps): FlowSteps {
  return {
    judgeSubmission: (input) => inTransaction(deps.pool, (client) => judgeSubmission(client, deps, input)),
    endFlow: (input) => inTransaction(deps.pool, (client) => endFlow(client, deps, input)),
  };
}
