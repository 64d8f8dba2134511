import type { Issue } from '../../platform/keys.js';
import type { MessageId, StoredMessage } from '../../schemas/messages.js';
import type { ChallengeEvent } from '../../workflows/domain/challenge-lifecycle.js';
import type { Queryable } from './statement.js';

/** What the rows of all flows have in common that ask for a code or link: recoveries and verifications. */
export interface ChallengeFlow {
  id: string;
  method: 'code' | 'link';
  state: string;
  outcome: string | null;
  identity_id: string | null;
  /** What the person typed, normalised. */
  address: string | null;
  /** Number of the code in force; 0 before the first. */
  issue: number;
  attempts: number;
  messages: StoredMessage[];
  code_lifespan_ms: number;
  code_expires_at: Date | null;
  expires_at: Date;
}

/** The table of one kind of flow, with the life that its flows lead. */
export interface ChallengeStore<Flow extends ChallengeFlow> {
  /** The flow, or undefined. `lock` holds the row until the transaction ends: the flow's steps come one at a time. */
  get(db: Queryable, id: string, options?: { lock?: boolean }): Promise<Flow | undefined>;
  /** Writes a locked flow back. */
  save(db: Queryable, flow: Flow): Promise<void>;
  /** Takes the flow (in memory) where `event` leads; undefined, and nothing done, where the event means nothing. */
  step(flow: Flow, event: ChallengeEvent, now: Date): { says?: MessageId } | undefined;
}

/**
 * What the flow's code in force is derived from. Person and address are part of it: when another address is entered
 * into a flow, what was mailed to the first one is worthless for the second.
 */
export function issueOf(flow: Pick<ChallengeFlow, 'id' | 'issue' | 'identity_id' | 'address'>): Issue {
  return { flowId: flow.id, issue: flow.issue, identityId: flow.identity_id, address: flow.address };
}

/**
 * Gives a flow its address (normalised) and that address's owner, if any: the same work for known and unknown ones.
 * Call it in a transaction. Undefined when the flow takes no address any more.
 */
export async function takeAddress<Flow extends ChallengeFlow>(
  db: Queryable,
  store: ChallengeStore<Flow>,
  taken: { flowId: string; address: string; ownerId: string | null; says: (flow: Flow) => StoredMessage; now: Date },
): Promise<Flow | undefined> {
  const flow = await store.get(db, taken.flowId, { lock: true });
  if (!flow || !store.step(flow, 'address_given', taken.now)) return undefined;
  flow.address = taken.address;
  flow.identity_id = taken.ownerId;
  flow.messages = [taken.says(flow)];
  if (flow.issue === 0) {
    flow.issue = 1;
    flow.code_expires_at = new Date(taken.now.getTime() + flow.code_lifespan_ms);
  }
  await store.save(db, flow);
  return flow;
}

/**
 * Counts a wrong submission in the flow (in memory), and takes it where that leads.
 *
 * @returns true when it was the last that the flow takes
 */
export function countAttempt<Flow extends ChallengeFlow>(
  store: ChallengeStore<Flow>,
  flow: Flow,
  limits: { attemptsPerFlow: number },
  now: Date,
): boolean {
  flow.attempts += 1;
  const usedUp = flow.attempts >= limits.attemptsPerFlow;
  const step = store.step(flow, usedUp ? 'attempts_used_up' : 'code_wrong', now);
  if (step?.says) flow.messages = [{ message: step.says }];
  return usedUp;
}
