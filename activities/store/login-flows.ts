import type { StoredMessage } from '../../schemas/messages.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** A row of `login_flows`. */
export interface LoginFlow {
  id: string;
  type: 'api' | 'browser';
  /** True: a signed-in person proves once more who they are. */
  refresh: boolean;
  requested_aal: 'aal1' | 'aal2';
  /** Who is signed in and proves once more, or more, who they are; null for a login from nothing. */
  identity_id: string | null;
  csrf_digest: Buffer | null;
  request_url: string;
  return_to: string | null;
  messages: StoredMessage[];
  issued_at: Date;
  expires_at: Date;
}

const insert = statement<never>(
  'login-flow-insert',
  `INSERT INTO login_flows (id, type, refresh, requested_aal, identity_id, csrf_digest, request_url, return_to, messages,
     issued_at, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
);

/** Inserts a login flow. */
export async function insertLoginFlow(db: Queryable, flow: LoginFlow): Promise<void> {
  await insert(db, [
    flow.id,
    flow.type,
    flow.refresh,
    flow.requested_aal,
    flow.identity_id,
    flow.csrf_digest,
    flow.request_url,
    flow.return_to,
    JSON.stringify(flow.messages),
    flow.issued_at,
    flow.expires_at,
  ]);
}

const byId = statement<LoginFlow>('login-flow-by-id', 'SELECT * FROM login_flows WHERE id = $1');

/** The flow, or undefined. */
export async function getLoginFlow(db: Queryable, id: string): Promise<LoginFlow | undefined> {
  return (await byId(db, [id]))[0];
}

const messages = statement<never>('login-flow-messages', 'UPDATE login_flows SET messages = $2 WHERE id = $1');

/** Keeps what the form shows next. */
export async function saveLoginMessages(db: Queryable, id: string, shown: StoredMessage[]): Promise<void> {
  await messages(db, [id, JSON.stringify(shown)]);
}

const passwordOwner = statement<{ identity_id: string; state: 'active' | 'inactive'; hash: string | null }>(
  'login-password-owner',
  `SELECT i.id AS identity_id, i.state, c.config ->> 'hashed_password' AS hash
   FROM credential_identifiers k
   JOIN identities i ON i.id = k.identity_id
   LEFT JOIN credentials c ON c.identity_id = i.id AND c.type = 'password'
   WHERE k.identifier = ANY($1::text[]) LIMIT 1`,
);

/** Whose login name this is, with the stored password hash; undefined when nobody has one of the spellings. */
export async function findPasswordOwner(
  db: Queryable,
  spellings: readonly string[],
): Promise<{ identity_id: string; state: 'active' | 'inactive'; hash: string | null } | undefined> {
  return (await passwordOwner(db, [spellings]))[0];
}
