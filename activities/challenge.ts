import type { ChallengeVerdict } from '../workflows/messages.js';
import type { ActivityDeps } from './flow-steps.js';
import type { ChallengeFlow, ChallengeStore } from './store/challenge-flows.js';
import type { Judgements } from './store/judgements.js';
import type { Queryable } from './store/statement.js';

/** What judging a submission came to. */
export interface Judgement<Passed, Outcome extends string> {
  verdict: ChallengeVerdict<Passed, Outcome>;
  /** The person's other open flows, which the right code ended. */
  superseded: string[];
}

/** One kind of flow that asks for a code or link: where it is kept, and what the right code does. */
export interface Challenge<Flow extends ChallengeFlow, Passed, Outcome extends string> {
  /** Whose keys make its codes, and under whose name failures are counted. */
  readonly name: 'recovery' | 'verification';
  readonly store: ChallengeStore<Flow>;
  readonly judgements: Judgements<Judgement<Passed, Outcome>>;
  /** True once the right code was entered. */
  hasPassed(flow: Flow): boolean;
  /** Does what follows from the right code, in the caller's transaction; the flow is locked. */
  pass(
    db: Queryable,
    deps: ActivityDeps,
    flow: Flow,
    identityId: string,
    now: Date,
  ): Promise<Judgement<Passed, Outcome>>;
  /** Clears up after a flow that has ended without success. */
  ended(db: Queryable, flow: Flow): Promise<void>;
}

/** A judgement that ends no other flow. */
export function only<Passed, Outcome extends string>(
  verdict: ChallengeVerdict<Passed, Outcome>,
): Judgement<Passed, Outcome> {
  return { verdict, superseded: [] };
}
