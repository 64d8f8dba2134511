import type { StoredMessage } from '../../schemas/messages.js';
import { advanceVerification, isVerificationOutcome } from '../../workflows/domain/verification-lifecycle.js';
import type { VerificationOutcome, VerificationState } from '../../workflows/domain/verification-lifecycle.js';
import type { ChallengeStore } from './challenge-flows.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** A row of `verification_flows`. */
export interface VerificationFlow {
  id: string;
  type: 'api' | 'browser';
  method: 'code' | 'link';
  state: VerificationState;
  outcome: VerificationOutcome | null;
  identity_id: string | null;
  address: string | null;
  csrf_digest: Buffer | null;
  request_url: string;
  return_to: string | null;
  /** Number of the code in force; 0 before the first. */
  issue: number;
  attempts: number;
  messages: StoredMessage[];
  issued_at: Date;
  code_lifespan_ms: number;
  code_expires_at: Date | null;
  expires_at: Date;
  closed_at: Date | null;
}

const insert = statement<never>(
  'verification-flow-insert',
  `INSERT INTO verification_flows (id, type, method, state, csrf_digest, request_url, return_to, messages, issued_at,
     code_lifespan_ms, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
);

/** What a new flow starts with. */
export type NewVerificationFlow = Pick<
  VerificationFlow,
  | 'id'
  | 'type'
  | 'method'
  | 'csrf_digest'
  | 'request_url'
  | 'return_to'
  | 'messages'
  | 'issued_at'
  | 'code_lifespan_ms'
  | 'expires_at'
>;

/** Inserts a flow and returns it as it now stands. */
export async function insertVerificationFlow(db: Queryable, flow: NewVerificationFlow): Promise<VerificationFlow> {
  const row: VerificationFlow = {
    ...flow,
    state: 'choose_method',
    outcome: null,
    identity_id: null,
    address: null,
    issue: 0,
    attempts: 0,
    code_expires_at: null,
    closed_at: null,
  };
  await insert(db, [
    row.id,
    row.type,
    row.method,
    row.state,
    row.csrf_digest,
    row.request_url,
    row.return_to,
    JSON.stringify(row.messages),
    row.issued_at,
    row.code_lifespan_ms,
    row.expires_at,
  ]);
  return row;
}

const byId = statement<VerificationFlow>('verification-flow-by-id', 'SELECT * FROM verification_flows WHERE id = $1');
const byIdLocked = statement<VerificationFlow>(
  'verification-flow-by-id-locked',
  'SELECT * FROM verification_flows WHERE id = $1 FOR UPDATE',
);

/** The flow, or undefined. `lock` holds the row until the transaction ends: the flow's steps come one at a time. */
export async function getVerificationFlow(
  db: Queryable,
  id: string,
  options: { lock?: boolean } = {},
): Promise<VerificationFlow | undefined> {
  return (await (options.lock ? byIdLocked : byId)(db, [id]))[0];
}

const update = statement<never>(
  'verification-flow-update',
  `UPDATE verification_flows SET state = $2, outcome = $3, identity_id = $4, address = $5, issue = $6, attempts = $7,
     messages = $8, code_expires_at = $9, closed_at = $10
   WHERE id = $1`,
);

/** Writes a locked flow back. */
export async function saveVerificationFlow(db: Queryable, flow: VerificationFlow): Promise<void> {
  await update(db, [
    flow.id,
    flow.state,
    flow.outcome,
    flow.identity_id,
    flow.address,
    flow.issue,
    flow.attempts,
    JSON.stringify(flow.messages),
    flow.code_expires_at,
    flow.closed_at,
  ]);
}

const setMessages = statement<never>(
  'verification-flow-messages',
  'UPDATE verification_flows SET messages = $2 WHERE id = $1',
);

/** Keeps what the flow's page shows next. */
export async function saveVerificationMessages(
  db: Queryable,
  flowId: string,
  messages: StoredMessage[],
): Promise<void> {
  await setMessages(db, [flowId, JSON.stringify(messages)]);
}

/** Verifications as challenges. */
export const verificationStore: ChallengeStore<VerificationFlow> = {
  get: getVerificationFlow,
  save: saveVerificationFlow,
  step(flow, event, now) {
    const next = advanceVerification(flow.outcome ?? flow.state, event);
    if (!next) return undefined;
    if (isVerificationOutcome(next.to)) Object.assign(flow, { outcome: next.to, closed_at: now });
    else flow.state = next.to;
    return next;
  },
};
