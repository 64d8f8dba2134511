import type { JsonObject, JsonValue } from '../../schemas/json.js';

/** A credential of an identity. */
export interface Credential {
  type: string;
  identifiers: string[];
  /** For a password: `{hashed_password}`, or `{}` when none is set. */
  config: JsonObject;
  version: number;
  created_at: Date;
  updated_at: Date;
}

/** An address whose owner can prove that it is theirs. */
export interface VerifiableAddress {
  id: string;
  via: 'email' | 'sms';
  value: string;
  verified: boolean;
  status: 'pending' | 'sent' | 'completed';
  verified_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

/** An address by which an account can be recovered. */
export interface RecoveryAddress {
  id: string;
  via: 'email' | 'sms';
  value: string;
  created_at: Date;
  updated_at: Date;
}

/** A person: a row of `identities` and what hangs on it. */
export interface Identity {
  id: string;
  schema_id: string;
  traits: JsonObject;
  state: 'active' | 'inactive';
  state_changed_at: Date;
  metadata_public: JsonValue;
  metadata_admin: JsonValue;
  external_id: string | null;
  created_at: Date;
  updated_at: Date;
  credentials: Credential[];
  verifiable_addresses: VerifiableAddress[];
  recovery_addresses: RecoveryAddress[];
}

/** As JSON: dates are texts. */
type Undated<T> = {
  [Key in keyof T]: T[Key] extends Date ? string : T[Key] extends Date | null ? string | null : T[Key];
};

/** What Postgres makes of an {@link Identity}. */
export interface IdentityRow extends Omit<Identity, 'credentials' | 'verifiable_addresses' | 'recovery_addresses'> {
  credentials: Undated<Credential>[];
  verifiable_addresses: Undated<VerifiableAddress>[];
  recovery_addresses: Undated<RecoveryAddress>[];
}

/** `SELECT` list of whole identities, from `identities i`: one statement reads a person at one moment. */
export const IDENTITY_COLUMNS = `i.*,
  (SELECT coalesce(jsonb_agg(to_jsonb(c) - 'identity_id' ORDER BY c.type), '[]')
   FROM credentials c WHERE c.identity_id = i.id) AS credentials,
  (SELECT coalesce(jsonb_agg(to_jsonb(v) - 'identity_id' ORDER BY v.created_at, v.id), '[]')
   FROM verifiable_addresses v WHERE v.identity_id = i.id) AS verifiable_addresses,
  (SELECT coalesce(jsonb_agg(to_jsonb(r) - 'identity_id' ORDER BY r.created_at, r.id), '[]')
   FROM recovery_addresses r WHERE r.identity_id = i.id) AS recovery_addresses`;

/** Gives the dates inside a row's JSON their type back. */
export function identityFromRow(row: IdentityRow): Identity {
  return {
    ...row,
    credentials: row.credentials.map(withDates),
    verifiable_addresses: row.verifiable_addresses.map((address) => ({
      ...withDates(address),
      verified_at: address.verified_at === null ? null : new Date(address.verified_at),
    })),
    recovery_addresses: row.recovery_addresses.map(withDates),
  };
}

function withDates<T extends { created_at: string; updated_at: string }>(row: T) {
  return { ...row, created_at: new Date(row.created_at), updated_at: new Date(row.updated_at) };
}
