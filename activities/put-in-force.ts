import { inTransaction } from '../platform/postgres.js';
import type { ActivityDeps } from './flow-steps.js';
import type { ChallengeFlow, ChallengeStore } from './store/challenge-flows.js';

/**
 * Makes `issue` the flow's one in force, so that older codes stop working before the new one is on its way. Undefined
 * when the flow has ended, has passed, or a later issue is in force.
 */
export async function putInForce<Flow extends ChallengeFlow>(
  deps: ActivityDeps,
  store: ChallengeStore<Flow>,
  flowId: string,
  issue: number,
): Promise<Flow | undefined> {
  return inTransaction(deps.pool, async (client) => {
    const flow = await store.get(client, flowId, { lock: true });
    const now = deps.now();
    if (!flow || flow.outcome !== null || flow.state !== 'sent_email') return undefined;
    if (flow.issue > issue || flow.expires_at.getTime() <= now) return undefined;
    if (flow.issue < issue || flow.code_expires_at === null) {
      flow.issue = issue;
      flow.code_expires_at = new Date(now + flow.code_lifespan_ms);
      await store.save(client, flow);
    }
    return flow;
  });
}

/** How long the flow's code still works, milliseconds; at least a second, as nobody is told of a dead code. */
export function codeLifeMs(flow: ChallengeFlow, now: number): number {
  const ends = Math.min(flow.expires_at.getTime(), flow.code_expires_at?.getTime() ?? Infinity);
  return Math.max(ends - now, 1_000);
}

/** The same as Kratos' templates have it, whole: at least one minute, and an hour is 60 just after it began. */
export function wholeMinutes(ms: number): number {
  return Math.max(1, Math.round(ms / 60_000));
}
