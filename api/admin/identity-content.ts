import { assertImportableHash, hashPassword } from '../../platform/passwords.js';
import type { AddressProof, IdentityContent } from '../../activities/store/identities.js';
import type { Identity } from '../../activities/store/identity-rows.js';
import { normalizeAddress } from '../../platform/addresses.js';
import type { DerivedAddresses, IdentitySchemas } from '../../platform/identity-schemas.js';
import type { CreateIdentityBody, UpdateIdentityBody } from '../../schemas/identities.js';
import { MACHINE_SCHEMA_ID } from '../../schemas/machines.js';
import type { ApiContext } from '../context.js';
import { badRequest } from '../validation.js';

type Context = Pick<ApiContext, 'config' | 'identitySchemas' | 'now'>;

/**
 * What a creation asks for, checked against its identity schema, with the password hashed.
 *
 * @throws LatchkeyError bad_request naming the field
 */
export async function contentOfNew(
  context: Context,
  body: CreateIdentityBody,
): Promise<IdentityContent & { proofs: AddressProof[] }> {
  const schemaId = body.schema_id ?? context.config.identity.defaultSchemaId;
  if (schemaId === MACHINE_SCHEMA_ID) throw badRequest('schema_id: machines are made by POST /admin/machines');
  const derived = context.identitySchemas.derive(schemaId, body.traits ?? {});
  const proofs = proofsOf(body, derived, new Date(context.now()));
  const passwordHash = await passwordHashOfBody(context, body.credentials);
  return {
    schema_id: schemaId,
    traits: body.traits ?? {},
    state: body.state ?? 'active',
    metadata_public: body.metadata_public ?? null,
    metadata_admin: body.metadata_admin ?? null,
    external_id: body.external_id ?? null,
    derived,
    proofs,
    ...(passwordHash !== undefined && { passwordHash }),
  };
}

/**
 * What a replacement asks for. The schema and the state stay when they are not given; everything else that is not given
 * is emptied, as Kratos does.
 *
 * @throws LatchkeyError bad_request naming the field
 */
export function contentOfUpdate(
  schemas: IdentitySchemas,
  current: Identity,
  body: Omit<UpdateIdentityBody, 'credentials'>,
  passwordHash: string | undefined,
): IdentityContent {
  const schemaId = body.schema_id ?? current.schema_id;
  const isMachine = current.schema_id === MACHINE_SCHEMA_ID;
  if (isMachine !== (schemaId === MACHINE_SCHEMA_ID)) {
    throw badRequest('schema_id: no machine becomes a person, and no person a machine');
  }
  if (isMachine && passwordHash !== undefined) throw badRequest('credentials: a machine has keys and no password');
  return {
    schema_id: schemaId,
    traits: body.traits ?? {},
    state: body.state ?? current.state,
    metadata_public: body.metadata_public ?? null,
    metadata_admin: body.metadata_admin ?? null,
    external_id: body.external_id ?? null,
    derived: schemas.derive(schemaId, body.traits ?? {}),
    ...(passwordHash !== undefined && { passwordHash }),
  };
}

/** The hash of the password in a body: made here of clear text, or imported as it is. Undefined when there is none. */
export async function passwordHashOfBody(
  context: Pick<Context, 'config'>,
  credentials: CreateIdentityBody['credentials'],
): Promise<string | undefined> {
  const { password, hashed_password: imported } = credentials?.password?.config ?? {};
  const field = 'credentials.password.config';
  if (password && imported) throw badRequest(`${field}: give either password or hashed_password, not both`);
  if (password) return hashPassword(password, context.config.hashers.argon2);
  if (!imported) return undefined;
  assertImportableHash(imported, `${field}.hashed_password`);
  return imported;
}

/**
 * What the body says of addresses. An address that is not among the traits is refused: it would get recovery mail now
 * and vanish with the next update.
 */
function proofsOf(body: CreateIdentityBody, derived: DerivedAddresses, now: Date): AddressProof[] {
  const known = (
    field: 'verifiable' | 'recovery',
    at: number,
    address: { via: 'email' | 'sms'; value: string },
  ): string => {
    const value = normalizeAddress(address.via, address.value);
    if (value !== undefined && derived[field].some((other) => other.via === address.via && other.value === value)) {
      return value;
    }
    throw badRequest(`${field}_addresses.${at}.value: is not one of the ${field} addresses in the traits`);
  };
  body.recovery_addresses?.forEach((address, at) => known('recovery', at, address));
  return (body.verifiable_addresses ?? []).map((address, at) => {
    const verified = address.verified ?? false;
    const provedAt = address.verified_at ? new Date(address.verified_at) : now;
    return {
      via: address.via,
      value: known('verifiable', at, address),
      verified,
      status: address.status ?? (verified ? 'completed' : 'pending'),
      verified_at: verified ? provedAt : null,
    };
  });
}
