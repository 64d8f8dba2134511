import type { RecoveryOutcome, RecoveryPhase, RecoveryState } from '../../workflows/domain/recovery-lifecycle.js';
import { advance, isOutcome } from '../../workflows/domain/recovery-lifecycle.js';
import type { StoredMessage } from '../../schemas/messages.js';
import type { AddressStep } from './address-steps.js';
import type { ChallengeStore } from './challenge-flows.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** A row of `recovery_flows`. */
export interface RecoveryFlow {
  id: string;
  type: 'api' | 'browser';
  /** Who began it: the person, or an administrator. */
  origin: 'self' | 'admin';
  method: 'code' | 'link';
  state: RecoveryState;
  outcome: RecoveryOutcome | null;
  identity_id: string | null;
  address: string | null;
  /** The invite that this is the code of. */
  invite_id: string | null;
  /** An administrator's code that is mailed for them. */
  deliver: boolean;
  /** In the newer recovery: where the person is before a code is sent. Null in the older one. */
  address_step: AddressStep | null;
  /** In the newer recovery: the address that the person named first. */
  first_address: string | null;
  csrf_digest: Buffer | null;
  request_url: string;
  return_to: string | null;
  /** Number of the code in force; 0 before the first. */
  issue: number;
  attempts: number;
  messages: StoredMessage[];
  session_id: string | null;
  settings_flow_id: string | null;
  issued_at: Date;
  code_lifespan_ms: number;
  code_expires_at: Date | null;
  expires_at: Date;
  passed_at: Date | null;
  closed_at: Date | null;
}

/** Where the flow is in its life. */
export function phaseOf(flow: Pick<RecoveryFlow, 'state' | 'outcome'>): RecoveryPhase {
  return flow.outcome ?? flow.state;
}

const insert = statement<RecoveryFlow>(
  'recovery-flow-insert',
  `INSERT INTO recovery_flows (id, type, origin, method, state, identity_id, csrf_digest, request_url, return_to, issue,
     messages, issued_at, code_lifespan_ms, code_expires_at, expires_at, address, invite_id, deliver,
     address_step)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
);

/** What a new flow starts with. */
export type NewRecoveryFlow = Pick<
  RecoveryFlow,
  'id' | 'type' | 'origin' | 'method' | 'request_url' | 'return_to' | 'issued_at' | 'code_lifespan_ms' | 'expires_at'
> &
  Partial<
    Pick<
      RecoveryFlow,
      | 'state'
      | 'identity_id'
      | 'address'
      | 'invite_id'
      | 'deliver'
      | 'address_step'
      | 'csrf_digest'
      | 'issue'
      | 'messages'
      | 'code_expires_at'
    >
  >;

/** Inserts a flow and returns it as it now stands. */
export async function insertRecoveryFlow(db: Queryable, flow: NewRecoveryFlow): Promise<RecoveryFlow> {
  const row: RecoveryFlow = {
    state: 'choose_method',
    outcome: null,
    identity_id: null,
    address: null,
    invite_id: null,
    deliver: false,
    address_step: null,
    first_address: null,
    csrf_digest: null,
    issue: 0,
    attempts: 0,
    messages: [],
    session_id: null,
    settings_flow_id: null,
    code_expires_at: null,
    passed_at: null,
    closed_at: null,
    ...flow,
  };
  await insert(db, [
    row.id,
    row.type,
    row.origin,
    row.method,
    row.state,
    row.identity_id,
    row.csrf_digest,
    row.request_url,
    row.return_to,
    row.issue,
    JSON.stringify(row.messages),
    row.issued_at,
    row.code_lifespan_ms,
    row.code_expires_at,
    row.expires_at,
    row.address,
    row.invite_id,
    row.deliver,
    row.address_step,
  ]);
  return row;
}

const byId = statement<RecoveryFlow>('recovery-flow-by-id', 'SELECT * FROM recovery_flows WHERE id = $1');
const byIdLocked = statement<RecoveryFlow>(
  'recovery-flow-by-id-locked',
  'SELECT * FROM recovery_flows WHERE id = $1 FOR UPDATE',
);

/** The flow, or undefined. `lock` holds the row until the transaction ends: the flow's steps come one at a time. */
export async function getRecoveryFlow(
  db: Queryable,
  id: string,
  options: { lock?: boolean } = {},
): Promise<RecoveryFlow | undefined> {
  const [row] = await (options.lock ? byIdLocked : byId)(db, [id]);
  return row;
}

const update = statement<never>(
  'recovery-flow-update',
  `UPDATE recovery_flows SET method = $2, state = $3, outcome = $4, identity_id = $5, address = $6, issue = $7,
     attempts = $8, messages = $9, session_id = $10, settings_flow_id = $11, code_expires_at = $12, passed_at = $13,
     closed_at = $14
   WHERE id = $1`,
);

/** Writes a locked flow back. */
export async function saveRecoveryFlow(db: Queryable, flow: RecoveryFlow): Promise<void> {
  await update(db, [
    flow.id,
    flow.method,
    flow.state,
    flow.outcome,
    flow.identity_id,
    flow.address,
    flow.issue,
    flow.attempts,
    JSON.stringify(flow.messages),
    flow.session_id,
    flow.settings_flow_id,
    flow.code_expires_at,
    flow.passed_at,
    flow.closed_at,
  ]);
}

/** Moves a flow (in memory) to `phase`: a state, or an outcome, which also closes it. */
export function moveTo(flow: RecoveryFlow, phase: RecoveryPhase, now: Date): void {
  if (isOutcome(phase)) {
    flow.outcome = phase;
    flow.closed_at = now;
  } else {
    flow.state = phase;
  }
}

/** Recoveries as challenges. */
export const recoveryStore: ChallengeStore<RecoveryFlow> = {
  get: getRecoveryFlow,
  save: saveRecoveryFlow,
  step(flow, event, now) {
    const next = advance(phaseOf(flow), event);
    if (next) moveTo(flow, next.to, now);
    return next ?? undefined;
  },
};

const supersede = statement<{ id: string; invite_id: string | null }>(
  'recovery-flow-supersede',
  `UPDATE recovery_flows SET outcome = 'cancelled', closed_at = $3
   WHERE identity_id = $1 AND id <> $2 AND outcome IS NULL AND state = 'sent_email'
   RETURNING id, invite_id`,
);

/**
 * Ends the identity's other open flows: once a person is back in, no older code of theirs works. Returns the ids of
 * those that have a workflow of their own; an invite goes on without its code.
 */
export async function supersedeOtherFlows(
  db: Queryable,
  identityId: string,
  flowId: string,
  now: Date,
): Promise<string[]> {
  const ended = await supersede(db, [identityId, flowId, now]);
  return ended.filter((flow) => flow.invite_id === null).map((flow) => flow.id);
}
