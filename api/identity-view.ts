import type { Credential, Identity, RecoveryAddress, VerifiableAddress } from '../activities/store/identity-rows.js';
import type { JsonObject } from '../schemas/json.js';

/** Which parts of an identity are shown, and to whom. */
export interface IdentityViewOptions {
  /** `config.serve.public.baseUrl`. */
  publicBaseUrl: string;
  /** True adds what only administrators see: credentials and `metadata_admin`. */
  admin: boolean;
  /** False leaves the credentials out of an administrator's view. */
  credentials?: boolean;
  /** Types of credentials whose `config` (a password's hash) is shown. */
  includeCredentials?: readonly string[];
  /** False leaves the addresses out. */
  addresses?: boolean;
}

/** An identity as Kratos' clients know it, with Kratos' order of keys. */
export function identityView(identity: Identity, options: IdentityViewOptions): JsonObject {
  const { admin, credentials = admin, includeCredentials = [], addresses = true } = options;
  return {
    id: identity.id,
    ...(identity.external_id !== null && { external_id: identity.external_id }),
    ...(credentials &&
      identity.credentials.length > 0 && { credentials: credentialsView(identity, includeCredentials) }),
    schema_id: identity.schema_id,
    schema_url: schemaUrl(options.publicBaseUrl, identity.schema_id),
    state: identity.state,
    state_changed_at: identity.state_changed_at.toISOString(),
    traits: identity.traits,
    ...(addresses && {
      ...(identity.verifiable_addresses.length > 0 && {
        verifiable_addresses: identity.verifiable_addresses.map(verifiableView),
      }),
      ...(identity.recovery_addresses.length > 0 && {
        recovery_addresses: identity.recovery_addresses.map(recoveryView),
      }),
    }),
    metadata_public: identity.metadata_public,
    ...(admin && { metadata_admin: identity.metadata_admin }),
    ...datesView(identity),
    organization_id: null,
  };
}

/** Where a schema can be read. Its id is base64url there, as ids may be URLs themselves. */
function schemaUrl(publicBaseUrl: string, schemaId: string): string {
  return new URL(`schemas/${Buffer.from(schemaId).toString('base64url')}`, publicBaseUrl).href;
}

function credentialsView(identity: Identity, included: readonly string[]): JsonObject {
  return Object.fromEntries(
    identity.credentials.map((credential) => [
      credential.type,
      credentialView(credential, included.includes(credential.type)),
    ]),
  );
}

function credentialView(credential: Credential, withConfig: boolean): JsonObject {
  return {
    type: credential.type,
    identifiers: credential.identifiers,
    ...(withConfig && { config: credential.config }),
    version: credential.version,
    ...datesView(credential),
  };
}

function verifiableView(address: VerifiableAddress): JsonObject {
  return {
    id: address.id,
    value: address.value,
    verified: address.verified,
    via: address.via,
    status: address.status,
    ...(address.verified_at && { verified_at: address.verified_at.toISOString() }),
    ...datesView(address),
  };
}

function recoveryView(address: RecoveryAddress): JsonObject {
  return { id: address.id, value: address.value, via: address.via, ...datesView(address) };
}

function datesView(row: { created_at: Date; updated_at: Date }): JsonObject {
  return { created_at: row.created_at.toISOString(), updated_at: row.updated_at.toISOString() };
}
