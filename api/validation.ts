import type { Static, TSchema } from '@sinclair/typebox';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { LatchkeyError } from '../schemas/errors.js';
import type { JsonValue } from '../schemas/json.js';
import { pathInWords, toViolation, violationsInWords } from '../schemas/violations.js';

/** Deeper JSON than this is refused: no honest body needs it, and what walks it later is recursive. */
const MAX_DEPTH = 32;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const ajv = new Ajv({ strict: false, coerceTypes: false, allErrors: false });
ajv.addFormat('date-time', isTime);
ajv.addFormat('uuid', UUID);

/**
 * A function that takes a request's body for what `schema` says, or throws `bad_request` naming the first field that is
 * wrong. The schema is compiled once; nothing is coerced, filled in or left out.
 */
export function bodyParser<Schema extends TSchema>(schema: Schema): (body: unknown) => Static<Schema> {
  const validate = ajv.compile<Static<Schema>>(schema);
  return (body) => {
    assertStorable(body as JsonValue, []);
    if (validate(body)) return body;
    throw badRequest(violationsInWords((validate.errors ?? []).map(toViolation)));
  };
}

/** `bad_request` with a reason that names the field. */
export function badRequest(reason: string): LatchkeyError {
  return new LatchkeyError('bad_request', { reason });
}

const rfc3339 = formats.default.get('date-time') as { validate: (text: string) => boolean };

/** True for a time by RFC 3339 that JavaScript and Postgres can hold: no leap second, none before or after four-digit years. */
function isTime(text: string): boolean {
  const year = new Date(text).getUTCFullYear();
  return rfc3339.validate(text) && year >= 1 && year <= 9999;
}

/** True for a UUID of any version. */
export function isUuid(value: string): boolean {
  return UUID.test(value);
}

/** The id in a URL. One that cannot be an id names nothing: it is not found. */
export function pathId(params: unknown, name = 'id'): string {
  const value = (params as Record<string, string | undefined>)[name] ?? '';
  if (!isUuid(value)) throw new LatchkeyError('not_found');
  return value.toLowerCase();
}

/** All values of a query parameter: none, one, or several when it is repeated. */
export function queryValues(query: unknown, name: string): string[] {
  const value = (query as Record<string, string | string[] | undefined>)[name];
  const values = value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (values.some((text) => isUnstorable(text))) throw badRequest(`${name}: has a character that no text may have`);
  return values;
}

/** The value of a query parameter, undefined when it is absent or empty. */
export function queryValue(query: unknown, name: string): string | undefined {
  const values = queryValues(query, name);
  if (values.length > 1) throw badRequest(`${name}: may be given once`);
  return values[0] === '' ? undefined : values[0];
}

/** A query parameter that is `true` or `false`; null when it is absent. */
export function queryFlag(query: unknown, name: string): boolean | null {
  const value = queryValue(query, name);
  if (value === undefined) return null;
  if (value !== 'true' && value !== 'false') throw badRequest(`${name}: must be true or false`);
  return value === 'true';
}

/** Refuses JSON that the database could not give back as it came. */
function assertStorable(value: JsonValue, path: readonly string[]): void {
  if (typeof value === 'string') {
    if (isUnstorable(value)) throw badRequest(`${where(path)}: has a character that no text may have`);
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw badRequest(`${where(path)}: is too large a number`);
  } else if (typeof value === 'object' && value !== null) {
    if (path.length >= MAX_DEPTH) throw badRequest(`${where(path.slice(0, 3))}: is nested too deeply`);
    for (const [key, inner] of Object.entries(value)) {
      const named = key !== '__proto__' && !isUnstorable(key);
      if (!named) throw badRequest(`${where(path)}: has a field with a name that no field may have`);
      assertStorable(inner, [...path, key]);
    }
  }
}

/** Postgres stores neither NUL nor half of a surrogate pair. */
function isUnstorable(text: string): boolean {
  return text.includes('\0') || /\p{Surrogate}/u.test(text);
}

function where(path: readonly string[]): string {
  return path.length === 0 ? 'the body' : pathInWords(path);
}
