import type { Challenge } from './challenge.js';
import type { ActivityDeps } from './flow-steps.js';
import type { ChallengeFlow } from './store/challenge-flows.js';
import { abandonWaitingMessages } from './store/courier-messages.js';
import type { Queryable } from './store/statement.js';

/**
 * Ends a flow by its deadline or by a cancellation. Returns the outcome that now holds, whoever set it; null when the
 * flow is open and has moved on from the state `from` that the caller saw.
 */
export async function endFlow<Flow extends ChallengeFlow, Outcome extends string>(
  db: Queryable,
  deps: Pick<ActivityDeps, 'now'>,
  challenge: Challenge<Flow, unknown, Outcome | 'cancelled'>,
  input: { flowId: string; from?: string; event: 'deadline_passed' | 'cancel_asked' },
): Promise<Outcome | 'cancelled' | null> {
  const { store } = challenge;
  const flow = await store.get(db, input.flowId, { lock: true });
  // The identity was deleted, and its flows with it.
  if (!flow) return 'cancelled';
  const mayEnd = flow.outcome === null && (input.from === undefined || flow.state === input.from);
  if (mayEnd && store.step(flow, input.event, new Date(deps.now())) && flow.outcome !== null) {
    await store.save(db, flow);
    await abandonWaitingMessages(db, flow.id);
    await challenge.ended(db, flow);
  }
  return flow.outcome as Outcome | null;
}
