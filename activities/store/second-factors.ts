import type { JsonObject } from '../../schemas/json.js';
import type { Identity } from './identity-rows.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** Credentials that prove something beyond the first factor. */
export type SecondFactor = 'totp' | 'lookup_secret';

/** A TOTP credential. `sealed_secret`: the base32 secret, sealed; `last_step`: the latest time step used (RFC 6238). */
export interface TotpConfig {
  sealed_secret: string;
  last_step: number;
}

/** Backup codes. `sealed_codes`: a JSON list of them, sealed; `used_at`: when each was used, in the same order. */
export interface LookupConfig {
  sealed_codes: string;
  used_at: (string | null)[];
}

/** The identity's TOTP credential, or undefined. */
export function totpOf(identity: Identity): TotpConfig | undefined {
  return configOf(identity, 'totp') as TotpConfig | undefined;
}

/** The identity's backup codes, or undefined. */
export function lookupSecretsOf(identity: Identity): LookupConfig | undefined {
  return configOf(identity, 'lookup_secret') as LookupConfig | undefined;
}

function configOf(identity: Identity, type: SecondFactor): unknown {
  return identity.credentials.find((credential) => credential.type === type)?.config;
}

const insert = statement<{ type: string }>(
  'second-factor-insert',
  `INSERT INTO credentials (identity_id, type, identifiers, config, created_at, updated_at)
   VALUES ($1, $2, ARRAY[$1::uuid::text], $3, $4, $4)
   ON CONFLICT (identity_id, type) DO NOTHING RETURNING type`,
);

/** Adds a TOTP credential. False when there is one already. */
export async function addTotp(db: Queryable, identityId: string, config: TotpConfig, now: Date): Promise<boolean> {
  return (await insert(db, [identityId, 'totp', JSON.stringify(config), now])).length > 0;
}

const replace = statement<never>(
  'second-factor-replace',
  `INSERT INTO credentials (identity_id, type, identifiers, config, created_at, updated_at)
   VALUES ($1, $2, ARRAY[$1::uuid::text], $3, $4, $4)
   ON CONFLICT (identity_id, type) DO UPDATE SET config = excluded.config, updated_at = excluded.updated_at`,
);

/** Sets the backup codes; those of before stop working. */
export async function putLookupSecrets(
  db: Queryable,
  identityId: string,
  config: LookupConfig,
  now: Date,
): Promise<void> {
  await replace(db, [identityId, 'lookup_secret', JSON.stringify(config), now]);
}

const useStep = statement<{ config: JsonObject }>(
  'totp-use-step',
  `UPDATE credentials SET config = jsonb_set(config, '{last_step}', to_jsonb($3::bigint)), updated_at = $4
   WHERE identity_id = $1 AND type = 'totp' AND config ->> 'sealed_secret' = $2 AND (config ->> 'last_step')::bigint < $3
   RETURNING config`,
);

/**
 * Uses up a time step of the TOTP credential with this secret, and all before it. False when it was used, by whomever,
 * or when the credential has changed.
 */
export async function useTotpStep(
  db: Queryable,
  identityId: string,
  used: { sealedSecret: string; step: number; now: Date },
): Promise<boolean> {
  return (await useStep(db, [identityId, used.sealedSecret, used.step, used.now])).length > 0;
}

const useCode = statement<{ config: JsonObject }>(
  'lookup-secret-use',
  `UPDATE credentials SET config = jsonb_set(config, ARRAY['used_at', $3::text], to_jsonb($4::text)), updated_at = $5
   WHERE identity_id = $1 AND type = 'lookup_secret' AND config ->> 'sealed_codes' = $2
     AND config #> ARRAY['used_at', $3::text] = 'null'
   RETURNING config`,
);

/** Uses up the backup code at `index` of these codes. False when it was used before, or when the codes have changed. */
export async function useLookupSecret(
  db: Queryable,
  identityId: string,
  used: { sealedCodes: string; index: number; now: Date },
): Promise<boolean> {
  const { sealedCodes, index, now } = used;
  return (await useCode(db, [identityId, sealedCodes, String(index), now.toISOString(), now])).length > 0;
}

const remove = statement<{ type: string }>(
  'second-factor-delete',
  'DELETE FROM credentials WHERE identity_id = $1 AND type = $2 RETURNING type',
);

/** Removes a second factor. False when there was none. */
export async function removeSecondFactor(db: Queryable, identityId: string, type: SecondFactor): Promise<boolean> {
  return (await remove(db, [identityId, type])).length > 0;
}
