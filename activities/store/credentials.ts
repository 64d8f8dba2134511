import type { JsonObject } from '../../schemas/json.js';
import { refusingConflicts } from './identity-conflicts.js';
import type { Credential, Identity } from './identity-rows.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** Credentials by which a person can sign in alone, as Kratos counts them. The others are second factors. */
const FIRST_FACTORS: readonly string[] = ['password', 'oidc', 'saml', 'passkey', 'code'];

/**
 * The password credential that follows from login names and a hash. It exists as soon as there is a login name, even
 * without a password; null when there is neither.
 */
export function passwordCredential(
  identifiers: readonly string[],
  hash: string | undefined,
): Pick<Credential, 'type' | 'identifiers' | 'config' | 'version'> | null {
  if (identifiers.length === 0 && hash === undefined) return null;
  const config: JsonObject = hash === undefined ? {} : { hashed_password: hash };
  return { type: 'password', identifiers: [...identifiers], config, version: 0 };
}

/** The stored hash of the identity's password, in whatever format, or undefined when it has none. */
export function passwordHashOf(identity: Identity): string | undefined {
  const hash = identity.credentials.find(({ type }) => type === 'password')?.config.hashed_password;
  return typeof hash === 'string' ? hash : undefined;
}

const put = statement<never>(
  'credential-put',
  `INSERT INTO credentials (identity_id, type, identifiers, config, created_at, updated_at)
   VALUES ($1, 'password', $2, $3, $4, $4)
   ON CONFLICT (identity_id, type)
   DO UPDATE SET identifiers = excluded.identifiers, config = excluded.config, updated_at = excluded.updated_at`,
);
const remove = statement<{ type: string }>(
  'credential-delete',
  'DELETE FROM credentials WHERE identity_id = $1 AND type = $2 RETURNING type',
);
const removeOtherNames = statement<never>(
  'credential-identifiers-delete-others',
  'DELETE FROM credential_identifiers WHERE identity_id = $1 AND NOT identifier = ANY($2::text[])',
);
const addNames = statement<never>(
  'credential-identifiers-insert',
  `INSERT INTO credential_identifiers (identifier, identity_id)
   SELECT name, $1 FROM unnest($2::text[]) AS name
   WHERE NOT EXISTS (SELECT FROM credential_identifiers k WHERE k.identity_id = $1 AND k.identifier = name)`,
);

/**
 * Gives a locked identity these login names and, when `hash` is given, this password.
 *
 * @throws LatchkeyError conflict when another identity has a name
 */
export async function putPassword(
  db: Queryable,
  identity: Identity,
  identifiers: readonly string[],
  hash: string | undefined,
  now: Date,
): Promise<void> {
  const before = identity.credentials.find(({ type }) => type === 'password');
  const after = passwordCredential(identifiers, hash ?? passwordHashOf(identity));
  if (!after) await remove(db, [identity.id, 'password']);
  else if (!before || hash !== undefined || !sameNames(before.identifiers, identifiers)) {
    await put(db, [identity.id, after.identifiers, JSON.stringify(after.config), now]);
  }
  await removeOtherNames(db, [identity.id, identifiers]);
  await refusingConflicts(() => addNames(db, [identity.id, [...identifiers].sort()]));
}

const setHash = statement<{ type: string }>(
  'credential-set-hash',
  `INSERT INTO credentials (identity_id, type, config, created_at, updated_at)
   VALUES ($1, 'password', jsonb_build_object('hashed_password', $2::text), $3, $3)
   ON CONFLICT (identity_id, type) DO UPDATE SET config = excluded.config, updated_at = excluded.updated_at
   RETURNING type`,
);

/** Sets the identity's password to one with this hash; login names stay. */
export async function setPasswordHash(db: Queryable, identityId: string, hash: string, now: Date): Promise<void> {
  await setHash(db, [identityId, hash, now]);
}

const replaceHash = statement<never>(
  'credential-replace-hash',
  `UPDATE credentials SET config = jsonb_set(config, '{hashed_password}', to_jsonb($3::text)), updated_at = $4
   WHERE identity_id = $1 AND type = 'password' AND config ->> 'hashed_password' = $2`,
);

/** Puts a better hash of the same password in the place of `from`; nothing when that is not the password any more. */
export async function replacePasswordHash(
  db: Queryable,
  identityId: string,
  hash: { from: string; to: string; now: Date },
): Promise<void> {
  await replaceHash(db, [identityId, hash.from, hash.to, hash.now]);
}

/**
 * Removes a credential of a locked identity. `last`: it is the only one to sign in with, and stays (Kratos' rule).
 */
export async function deleteCredential(
  db: Queryable,
  identity: Identity,
  type: string,
): Promise<'deleted' | 'absent' | 'last'> {
  if (!identity.credentials.some((credential) => credential.type === type)) return 'absent';
  const others = identity.credentials.filter((other) => other.type !== type && FIRST_FACTORS.includes(other.type));
  if (FIRST_FACTORS.includes(type) && others.length === 0) return 'last';
  await remove(db, [identity.id, type]);
  if (type === 'password') await removeOtherNames(db, [identity.id, []]);
  return 'deleted';
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name) => others.includes(name));
}
