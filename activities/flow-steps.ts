import type pg from 'pg';
import { inTransaction } from '../platform/postgres.js';
import type { Config } from '../platform/config/config.js';
import type { Keys } from '../platform/keys.js';
import type { FlowSteps } from '../workflows/ports.js';
import { endFlow } from './end-flow.js';
import { judgeSubmission } from './judge-submission.js';
import { giveUpMessages } from './store/courier-messages.js';
import { withQuietFailures } from './quiet-failures.js';
import { recoveryChallenge } from './recovery-challenge.js';
import { verificationChallenge } from './verification-challenge.js';

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
  return withQuietFailures<FlowSteps>({
    judgeSubmission: (input) =>
      inTransaction(deps.pool, (client) => judgeSubmission(client, deps, recoveryChallenge, input)),
    endFlow: (input) => inTransaction(deps.pool, (client) => endFlow(client, deps, recoveryChallenge, input)),
    giveUpMessages: ({ flowId }) => giveUpMessages(deps.pool, flowId),
    judgeVerification: (input) =>
      inTransaction(deps.pool, async (client) => {
        return (await judgeSubmission(client, deps, verificationChallenge, input)).verdict;
      }),
    endVerification: (input) =>
      inTransaction(deps.pool, async (client) => {
        // Nothing but an outcome follows a deadline or a cancellation here; the fallback only tells the compiler.
        return (await endFlow(client, deps, verificationChallenge, input)) ?? 'expired';
      }),
  });
}
