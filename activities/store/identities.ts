import { randomUUID } from 'node:crypto';
import type { DerivedAddresses } from '../../platform/identity-schemas.js';
import { passwordCredential } from './credentials.js';
import { byPlace, refusingConflicts } from './identity-conflicts.js';
import { IDENTITY_COLUMNS, identityFromRow } from './identity-rows.js';
import type { Identity, IdentityRow, VerifiableAddress } from './identity-rows.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** What a caller may say of an identity, with what its schema makes of the traits. */
export interface IdentityContent extends Pick<
  Identity,
  'schema_id' | 'traits' | 'state' | 'metadata_public' | 'metadata_admin' | 'external_id'
> {
  /** Of these traits under this schema: `IdentitySchemas.derive`. */
  derived: DerivedAddresses;
  /** A new hash of a password. Undefined leaves things as they are. */
  passwordHash?: string;
}

/** What an import knows of a verifiable address. */
export type AddressProof = Pick<VerifiableAddress, 'via' | 'value' | 'verified' | 'status' | 'verified_at'>;

const insert = statement<never>(
  'identity-insert',
  `WITH person AS (
     INSERT INTO identities (id, schema_id, traits, state, state_changed_at, metadata_public, metadata_admin,
       external_id, created_at, updated_at)
     VALUES ($1::uuid, $2, $3, $4, $5::timestamptz, $6, $7, $8, $5, $5)
   ), credential AS (
     INSERT INTO credentials (identity_id, type, identifiers, config, created_at, updated_at)
     SELECT $1, type, identifiers, config, $5, $5
     FROM jsonb_to_recordset($9::jsonb) AS c(type text, identifiers text[], config jsonb)
   ), login_name AS (
     INSERT INTO credential_identifiers (identifier, identity_id)
     SELECT name, $1 FROM unnest($10::text[]) AS name
   ), verifiable AS (
     INSERT INTO verifiable_addresses (id, identity_id, via, value, verified, status, verified_at, created_at,
       updated_at)
     SELECT id, $1, via, value, verified, status, verified_at, $5, $5
     FROM jsonb_to_recordset($11::jsonb)
       AS v(id uuid, via text, value text, verified boolean, status text, verified_at timestamptz)
   ), recovery AS (
     INSERT INTO recovery_addresses (id, identity_id, via, value, created_at, updated_at)
     SELECT id, $1, via, value, $5, $5 FROM jsonb_to_recordset($12::jsonb) AS r(id uuid, via text, value text)
   )
   SELECT`,
);

/**
 * Creates an identity with its credentials and addresses, in one statement: all of it or nothing. `proofs` say which of
 * the derived addresses are verified already.
 *
 * @throws LatchkeyError conflict when another identity has the login name, an address or the external id
 */
export async function createIdentity(
  db: Queryable,
  content: IdentityContent & { id: string; proofs?: readonly AddressProof[] },
  now: Date,
): Promise<Identity> {
  const { derived, passwordHash, proofs = [], ...fields } = content;
  const dates = { created_at: now, updated_at: now };
  const credential = passwordCredential(derived.identifiers, passwordHash);
  const identity: Identity = {
    ...fields,
    state_changed_at: now,
    ...dates,
    credentials: credential ? [{ ...credential, ...dates }] : [],
    verifiable_addresses: derived.verifiable.map(({ via, value }) => ({
      ...newVerifiable(via, value, now),
      ...proofs.find((proof) => proof.via === via && proof.value === value),
    })),
    recovery_addresses: derived.recovery.map(({ via, value }) => ({ id: randomUUID(), via, value, ...dates })),
  };
  await refusingConflicts(() =>
    insert(db, [
      identity.id,
      identity.schema_id,
      JSON.stringify(identity.traits),
      identity.state,
      now,
      jsonOrNull(identity.metadata_public),
      jsonOrNull(identity.metadata_admin),
      identity.external_id,
      JSON.stringify(identity.credentials),
      [...derived.identifiers].sort(),
      JSON.stringify([...identity.verifiable_addresses].sort(byPlace)),
      JSON.stringify([...identity.recovery_addresses].sort(byPlace)),
    ]),
  );
  return identity;
}

/** An address that nothing is known of yet. */
export function newVerifiable(via: VerifiableAddress['via'], value: string, now: Date): VerifiableAddress {
  const unproved = { verified: false, status: 'pending', verified_at: null } as const;
  return { id: randomUUID(), via, value, ...unproved, created_at: now, updated_at: now };
}

/** JSON's null is stored as SQL's, so that there is one way to be empty. */
export function jsonOrNull(value: Identity['metadata_public']): string | null {
  return value === null ? null : JSON.stringify(value);
}

const byId = statement<IdentityRow>('identity-by-id', `SELECT ${IDENTITY_COLUMNS} FROM identities i WHERE i.id = $1`);
const lockById = statement<{ id: string }>('identity-lock', 'SELECT id FROM identities WHERE id = $1 FOR UPDATE');

/**
 * The identity with its credentials and addresses, or undefined. `lock` holds it until the transaction ends, so that
 * what is read is what is changed.
 */
export async function getIdentity(
  db: Queryable,
  id: string,
  options: { lock?: boolean } = {},
): Promise<Identity | undefined> {
  // Two statements: one that both waits for the lock and reads would see the addresses of before the wait.
  if (options.lock) await lockById(db, [id]);
  const [row] = await byId(db, [id]);
  return row && identityFromRow(row);
}

const remove = statement<{ id: string }>('identity-delete', 'DELETE FROM identities WHERE id = $1 RETURNING id');

/** Deletes the identity and everything that is its own. Returns false when there was none. */
export async function deleteIdentity(db: Queryable, id: string): Promise<boolean> {
  return (await remove(db, [id])).length > 0;
}
