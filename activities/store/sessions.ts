import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** One way in which a session was proved. */
export interface AuthenticationMethod {
  method: 'password' | 'totp' | 'lookup_secret' | 'code_recovery' | 'link_recovery';
  aal: 'aal1' | 'aal2';
  completed_at: string;
}

/** A client that used the session. */
export interface SessionDevice {
  id: string;
  ip_address: string;
  user_agent: string | null;
  location: string;
}

/** A row of `sessions`. */
export interface Session {
  id: string;
  identity_id: string;
  token_digest: Buffer | null;
  claimant: Buffer | null;
  aal: 'aal1' | 'aal2';
  methods: AuthenticationMethod[];
  active: boolean;
  devices: SessionDevice[];
  recovery_flow_id: string | null;
  issued_at: Date;
  authenticated_at: Date;
  expires_at: Date;
}

const insert = statement<never>(
  'session-insert',
  `INSERT INTO sessions (id, identity_id, token_digest, methods, devices, recovery_flow_id, issued_at,
     authenticated_at, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)`,
);

/** Opens a session at AAL1. Without `tokenDigest` nobody can use it until it is claimed. */
export async function insertSession(
  db: Queryable,
  session: {
    id: string;
    identityId: string;
    tokenDigest: Buffer | null;
    method: AuthenticationMethod['method'];
    device: SessionDevice | null;
    recoveryFlowId: string | null;
    issuedAt: Date;
    expiresAt: Date;
  },
): Promise<void> {
  const methods: AuthenticationMethod[] = [
    { method: session.method, aal: 'aal1', completed_at: session.issuedAt.toISOString() },
  ];
  await insert(db, [
    session.id,
    session.identityId,
    session.tokenDigest,
    JSON.stringify(methods),
    JSON.stringify(session.device ? [session.device] : []),
    session.recoveryFlowId,
    session.issuedAt,
    session.expiresAt,
  ]);
}

const claim = statement<Session>(
  'session-claim',
  `UPDATE sessions SET token_digest = $2, claimant = $3, devices = $4
   WHERE id = $1 AND active AND (token_digest IS NULL OR claimant = $3)
   RETURNING *`,
);

/**
 * Gives a session without a token to its first claimant; the same claimant may do it again and gets the same token, so
 * a lost answer can be repeated. Returns undefined when another one has it.
 */
export async function claimSession(
  db: Queryable,
  id: string,
  claimed: { tokenDigest: Buffer; claimant: Buffer; device: SessionDevice },
): Promise<Session | undefined> {
  const [row] = await claim(db, [id, claimed.tokenDigest, claimed.claimant, JSON.stringify([claimed.device])]);
  return row;
}

const byToken = statement<Session>(
  'session-by-token',
  'SELECT * FROM sessions WHERE token_digest = $1 AND active AND expires_at > $2',
);

/** The live session of a token's digest. */
export async function getSessionByToken(db: Queryable, digest: Buffer, now: Date): Promise<Session | undefined> {
  const [row] = await byToken(db, [digest, now]);
  return row;
}

const revokeOthers = statement<{ id: string }>(
  'session-revoke-others',
  'UPDATE sessions SET active = false WHERE identity_id = $1 AND id <> $2 AND active RETURNING id',
);

/** Ends every session of the identity but one. Returns how many ended. */
export async function revokeOtherSessions(db: Queryable, identityId: string, keep: string): Promise<number> {
  return (await revokeOthers(db, [identityId, keep])).length;
}

const revoke = statement<{ id: string }>(
  'session-revoke',
  'UPDATE sessions SET active = false WHERE id = $1 AND active RETURNING id',
);

/** Ends one session. Returns false when it had ended. */
export async function revokeSession(db: Queryable, id: string): Promise<boolean> {
  return (await revoke(db, [id])).length > 0;
}

const revokeOfToken = statement<{ id: string }>(
  'session-revoke-by-token',
  'UPDATE sessions SET active = false WHERE token_digest = $1 RETURNING id',
);

/** Ends the session of a token's digest, also one that has ended already. False when there never was one. */
export async function revokeByToken(db: Queryable, digest: Buffer): Promise<boolean> {
  return (await revokeOfToken(db, [digest])).length > 0;
}

const byIdentity = statement<Session>(
  'session-by-identity',
  `SELECT * FROM sessions WHERE identity_id = $1 AND token_digest IS NOT NULL AND ($2::boolean IS NULL OR active = $2)
   ORDER BY issued_at DESC, id`,
);

/** The identity's sessions that somebody holds, newest first; `active` narrows the list. */
export async function listSessions(
  db: Queryable,
  identityId: string,
  active: boolean | null = null,
): Promise<Session[]> {
  return byIdentity(db, [identityId, active]);
}

const addProofTo = statement<Session>(
  'session-add-proof',
  `UPDATE sessions SET methods = methods || $2::jsonb, aal = greatest(aal, $3),
     authenticated_at = coalesce($5, authenticated_at), expires_at = greatest(expires_at, coalesce($6, expires_at))
   WHERE id = $1 AND active AND expires_at > $4
   RETURNING *`,
);

/**
 * Adds a proof to a live session, which is at AAL2 from the first proof of that level on. `renewed`: the person has just
 * signed in with it, which makes the session privileged again and lets it last until then. Undefined when the session
 * has ended.
 */
export async function addProof(
  db: Queryable,
  id: string,
  proof: { method: AuthenticationMethod['method']; aal: Session['aal']; now: Date; renewed: { until: Date } | null },
): Promise<Session | undefined> {
  const { method, aal, now, renewed } = proof;
  const methods: AuthenticationMethod[] = [{ method, aal, completed_at: now.toISOString() }];
  const values = [id, JSON.stringify(methods), aal, now, renewed && now, renewed?.until ?? null];
  return (await addProofTo(db, values))[0];
}

const lockLive = statement<{ id: string }>(
  'session-lock-live',
  'SELECT id FROM sessions WHERE id = $1 AND active AND expires_at > $2 FOR UPDATE',
);

/** Holds a live session until the transaction ends. False when it is not live. */
export async function lockSession(db: Queryable, id: string, now: Date): Promise<boolean> {
  return (await lockLive(db, [id, now])).length > 0;
}
