import type { FlowSteps } from '../workflows/ports.js';
import type { RecoveryOutcome } from '../workflows/domain/recovery-lifecycle.js';
import { advance, isOutcome } from '../workflows/domain/recovery-lifecycle.js';
import type { ActivityDeps } from './flow-steps.js';
import { abandonWaitingMessages } from './store/courier-messages.js';
import { getRecoveryFlow, moveTo, phaseOf, saveRecoveryFlow } from './store/recovery-flows.js';
import { revokeSession } from './store/sessions.js';
import type { Queryable } from './store/statement.js';

/**
 * Ends a flow by its deadline or by a cancellation, if it is still in the state that the caller saw. A cancelled
 * recovery takes its session with it. See {@link FlowSteps.endFlow}.
 */
export async function endFlow(
  db: Queryable,
  deps: Pick<ActivityDeps, 'now'>,
  input: Parameters<FlowSteps['endFlow']>[0],
): Promise<RecoveryOutcome | null> {
  const flow = await getRecoveryFlow(db, input.flowId, { lock: true });
  // The identity was deleted, and its flows with it.
  if (!flow) return 'cancelled';
  if (flow.outcome !== null) return flow.outcome;
  if (flow.state !== input.from) return null;
  const next = advance(phaseOf(flow), input.event)?.to;
  if (next === undefined || !isOutcome(next)) return null;
  moveTo(flow, next, new Date(deps.now()));
  await saveRecoveryFlow(db, flow);
  await abandonWaitingMessages(db, flow.id);
  if (next === 'cancelled' && flow.session_id !== null) await revokeSession(db, flow.session_id);
  return next;
}
