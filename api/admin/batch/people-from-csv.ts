import type { JsonObject, JsonValue } from '../../../schemas/json.js';
import type { ApiContext } from '../../context.js';
import { badRequest } from '../../validation.js';

/** Columns that are no traits. `password_hash` is what some exports call `hashed_password`. */
const OWN_COLUMNS = [
  'schema_id',
  'external_id',
  'state',
  'hashed_password',
  'password_hash',
  'email_verified',
  'metadata_public',
  'metadata_admin',
] as const;

/** How the cells of a CSV become the body of a creation, under one identity schema. */
export interface PeopleColumns {
  /** @throws LatchkeyError bad_request naming a column that is unknown, or one that is missing */
  check(columns: readonly string[]): void;
  /** @throws LatchkeyError bad_request naming the cell's column */
  body(cells: ReadonlyMap<string, string>): JsonObject;
}

/**
 * The columns of people: `hashed_password`, `external_id` and others of this service, and the traits of the identity
 * schema, with or without `traits.` in front (`email`, `traits.name.first`).
 */
export function peopleColumns(
  ctx: Pick<ApiContext, 'identitySchemas'>,
  schemaId: string,
  extra: readonly string[],
): PeopleColumns {
  const schema = ctx.identitySchemas.get(schemaId);
  if (!schema) throw badRequest('schema_id: there is no identity schema with this id');
  const types = traitTypes(schema);
  const own: readonly string[] = [...OWN_COLUMNS, ...extra];
  const traitOf = (column: string): string | undefined => {
    const path = column.replace(/^traits\./, '');
    return types.has(path) && !(own.includes(column) && !column.startsWith('traits.')) ? path : undefined;
  };
  return {
    check(columns) {
      for (const column of columns) {
        if (column === 'password' || column === 'credentials.password.config.password') {
          throw badRequest('columns: clear-text passwords are not taken in a batch; give "hashed_password"');
        }
        if (own.includes(column) || traitOf(column) !== undefined) continue;
        const known = [...types.keys(), ...own].join(', ');
        throw badRequest(`columns: ${JSON.stringify(column.slice(0, 60))} is unknown; known are ${known}`);
      }
      const traits = columns.map(traitOf);
      const missing = requiredTraits(schema).filter((path) => !traits.includes(path));
      if (missing.length > 0)
        throw badRequest(`columns: ${missing.join(', ')} missing; the first row names the columns`);
    },
    body(cells) {
      const traits: JsonObject = {};
      for (const [column, cell] of cells) {
        const path = traitOf(column);
        if (path !== undefined) put(traits, path.split('.'), typed(cell, types.get(path) ?? 'string', path));
      }
      const json = (column: string): JsonValue | undefined => {
        const cell = cells.get(column);
        return cell === undefined ? undefined : parsedJson(cell, column);
      };
      const hash = cells.get('hashed_password') ?? cells.get('password_hash');
      const verified = cells.get('email_verified');
      const email = typeof traits.email === 'string' ? traits.email : undefined;
      return dropUndefined({
        schema_id: cells.get('schema_id') ?? schemaId,
        traits,
        external_id: cells.get('external_id'),
        state: cells.get('state'),
        metadata_public: json('metadata_public'),
        metadata_admin: json('metadata_admin'),
        credentials: hash === undefined ? undefined : { password: { config: { hashed_password: hash } } },
        verifiable_addresses:
          email !== undefined && verified !== undefined && flagOf(verified, 'email_verified')
            ? [{ via: 'email', value: email, verified: true, status: 'completed' }]
            : undefined,
      });
    },
  };
}

/** The object without what is undefined. */
export function dropUndefined(object: Record<string, JsonValue | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as JsonObject;
}

function traitTypes(schema: JsonObject): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (parent: JsonValue | undefined, path: string[]): void => {
    if (path.length > 8) return;
    for (const [key, value] of Object.entries(objectAt(parent, 'properties') ?? {})) {
      const inner = value as JsonObject;
      if (objectAt(inner, 'properties')) walk(inner, [...path, key]);
      else found.set([...path, key].join('.'), typeof inner.type === 'string' ? inner.type : 'string');
    }
  };
  walk(objectAt(objectAt(schema, 'properties'), 'traits'), []);
  return found;
}

/** Traits that nobody can be without, and that are single values. */
function requiredTraits(schema: JsonObject): string[] {
  const traits = objectAt(objectAt(schema, 'properties'), 'traits');
  const properties = objectAt(traits, 'properties') ?? {};
  const required = Array.isArray(traits?.required) ? traits.required : [];
  return required.filter((key): key is string => typeof key === 'string' && !objectAt(properties[key], 'properties'));
}

function objectAt(value: JsonValue | undefined, key: string): JsonObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const inner = value[key];
  return typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : undefined;
}

function put(into: JsonObject, path: readonly string[], value: JsonValue): void {
  const [first = '', ...rest] = path;
  if (rest.length === 0) {
    into[first] = value;
    return;
  }
  const inner = (into[first] ?? {}) as JsonObject;
  into[first] = inner;
  put(inner, rest, value);
}

function typed(cell: string, type: string, column: string): JsonValue {
  if (type === 'boolean') return flagOf(cell, column);
  if (type === 'array' || type === 'object') return parsedJson(cell, column);
  if (type !== 'number' && type !== 'integer') return cell;
  const number = Number(cell);
  if (cell.trim() === '' || !Number.isFinite(number)) throw badRequest(`${column}: is not a number`);
  return number;
}

function flagOf(cell: string, column: string): boolean {
  if (/^(true|1|yes)$/i.test(cell)) return true;
  if (/^(false|0|no)$/i.test(cell)) return false;
  throw badRequest(`${column}: must be true or false`);
}

function parsedJson(cell: string, column: string): JsonValue {
  try {
    return JSON.parse(cell) as JsonValue;
  } catch {
    throw badRequest(`${column}: is not valid JSON`);
  }
}
