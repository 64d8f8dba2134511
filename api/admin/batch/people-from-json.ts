import type { JsonObject, JsonValue } from '../../../schemas/json.js';
import { isUuid, badRequest } from '../../validation.js';
import { dropUndefined } from './people-from-csv.js';

/** A person as another system exported them: the body of a creation, and the id that they keep. */
export interface ExportedPerson {
  body: JsonObject;
  id?: string;
}

/** As in `POST /admin/identities`, except that a password is a hash. */
export function fromNdjson(row: JsonObject): ExportedPerson {
  if (at(row, 'credentials', 'password', 'config', 'password') !== undefined) {
    throw badRequest(
      'credentials.password.config.password: clear-text passwords are not taken in a batch; give hashed_password',
    );
  }
  return { body: row };
}

/** As Kratos' `GET /admin/identities?include_credential=password` lists them, one a line. */
export function fromKratos(row: JsonObject): ExportedPerson {
  const hash = text(at(row, 'credentials', 'password', 'config', 'hashed_password'));
  const id = text(row.id);
  if (id !== undefined && !isUuid(id)) throw badRequest('id: is not a UUID');
  return {
    ...(id !== undefined && { id: id.toLowerCase() }),
    body: dropUndefined({
      schema_id: row.schema_id,
      traits: row.traits,
      state: row.state,
      external_id: row.external_id,
      metadata_public: row.metadata_public,
      metadata_admin: row.metadata_admin,
      credentials: hash === undefined ? undefined : hashed(hash),
      verifiable_addresses: row.verifiable_addresses,
      recovery_addresses: row.recovery_addresses,
    }),
  };
}

/** As Auth0's support exports password hashes and its user exports give profiles, one a line. */
export function fromAuth0(row: JsonObject): ExportedPerson {
  const email = text(row.email);
  const oid = text(at(row, '_id', '$oid')) ?? text(row._id);
  const id = text(row.user_id) ?? (oid === undefined ? undefined : `auth0|${oid}`);
  const hash =
    text(row.passwordHash) ?? text(row.password_hash) ?? text(at(row, 'custom_password_hash', 'hash', 'value'));
  return {
    body: dropUndefined({
      traits: dropUndefined({ email, name: nameOf(row.given_name, row.family_name) }),
      external_id: id,
      state: row.blocked === true ? 'inactive' : undefined,
      metadata_public: row.user_metadata,
      metadata_admin: row.app_metadata,
      credentials: hash === undefined ? undefined : hashed(hash),
      verifiable_addresses: verified(email, row.email_verified),
    }),
  };
}

/** As a Keycloak realm export lists them under `users`, one a line (`jq -c '.users[]'`). */
export function fromKeycloak(row: JsonObject): ExportedPerson {
  const email = text(row.email);
  const credentials = Array.isArray(row.credentials) ? row.credentials : [];
  const password = credentials.find((one) => at(one, 'type') === 'password');
  return {
    body: dropUndefined({
      traits: dropUndefined({ email, name: nameOf(row.firstName, row.lastName) }),
      external_id: text(row.id),
      state: row.enabled === false ? 'inactive' : undefined,
      metadata_admin: row.attributes,
      credentials: password === undefined ? undefined : hashed(keycloakHash(password)),
      verifiable_addresses: verified(email, row.emailVerified),
    }),
  };
}

/** Keycloak keeps the parts of a hash apart, as JSON within JSON. */
function keycloakHash(credential: JsonValue): string {
  const data = parsed(at(credential, 'credentialData'));
  const secret = parsed(at(credential, 'secretData'));
  const value = text(at(secret, 'value'));
  const salt = text(at(secret, 'salt'));
  const algorithm = text(at(data, 'algorithm')) ?? '';
  const iterations = Number(at(data, 'hashIterations'));
  if (value === undefined || salt === undefined || !Number.isInteger(iterations)) {
    throw badRequest('credentials: the password has no value, salt or hashIterations');
  }
  if (algorithm.startsWith('pbkdf2')) {
    const digest = { pbkdf2: 'sha1', 'pbkdf2-sha256': 'sha256', 'pbkdf2-sha512': 'sha512' }[algorithm];
    if (digest === undefined) throw badRequest('credentials: the algorithm of the password is unknown');
    const length = Buffer.from(value, 'base64').length;
    return `$pbkdf2-${digest}$i=${iterations},l=${length}$${bare(salt)}$${bare(value)}`;
  }
  if (algorithm === 'argon2') {
    const parameter = (name: string, otherwise: string): string => {
      const given = at(data, 'additionalParameters', name);
      return text(Array.isArray(given) ? given[0] : given) ?? otherwise;
    };
    const cost = `m=${parameter('memory', '7168')},t=${iterations},p=${parameter('parallelism', '1')}`;
    const version = parameter('version', '1.3') === '1.0' ? 16 : 19;
    return `$argon2${parameter('type', 'id')}$v=${version}$${cost}$${bare(salt)}$${bare(value)}`;
  }
  throw badRequest('credentials: the algorithm of the password is unknown');
}

function hashed(hash: string): JsonObject {
  return { password: { config: { hashed_password: hash } } };
}

function verified(email: string | undefined, is: JsonValue | undefined): JsonValue | undefined {
  return email !== undefined && is === true
    ? [{ via: 'email', value: email, verified: true, status: 'completed' }]
    : undefined;
}

function nameOf(first: JsonValue | undefined, last: JsonValue | undefined): JsonObject | undefined {
  const name = dropUndefined({ first: text(first), last: text(last) });
  return Object.keys(name).length === 0 ? undefined : name;
}

/** Base64 as hashes are written: without padding. */
function bare(base64: string): string {
  return base64.replace(/=+$/, '');
}

function parsed(value: JsonValue | undefined): JsonValue | undefined {
  try {
    return typeof value === 'string' ? (JSON.parse(value) as JsonValue) : value;
  } catch {
    return undefined;
  }
}

function at(value: JsonValue | undefined, ...path: string[]): JsonValue | undefined {
  let inner = value;
  for (const key of path) {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner) || !Object.hasOwn(inner, key))
      return undefined;
    inner = inner[key];
  }
  return inner;
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
