import { Ajv } from 'ajv';
import type { ErrorObject, Options, ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { LatchkeyError } from '../schemas/errors.js';
import type { JsonObject, JsonValue } from '../schemas/json.js';
import { MACHINE_SCHEMA_ID, machineSchema } from '../schemas/machines.js';
import { toViolation, violationsInWords } from '../schemas/violations.js';
import type { Violation } from '../schemas/violations.js';
import { normalizeAddress } from './addresses.js';
import type { Via } from './addresses.js';
import type { Config } from './config/config.js';
import { EXTENSION, EXTENSION_KEYWORD, extensionKeyword } from './identity-schema-extension.js';
import { traitFields } from './trait-fields.js';
import type { TraitField } from './trait-fields.js';

export type { TraitField } from './trait-fields.js';

/** What the `ory.sh/kratos` extension of an identity schema makes of given traits. All values are normalised. */
export interface DerivedAddresses {
  /** Login names for the password credential. */
  identifiers: string[];
  verifiable: { via: Via; value: string }[];
  recovery: { via: Via; value: string }[];
}

/** The identity schemas of the configuration, compiled, and the built-in one of machines. */
export interface IdentitySchemas {
  /** Those of the configuration, which are for people. */
  list(): { id: string; schema: JsonObject }[];
  get(id: string): JsonObject | undefined;
  /** @throws LatchkeyError bad_request naming the schema or the traits' paths (`traits.email`). */
  derive(schemaId: string, traits: JsonValue): DerivedAddresses;
  /** Throws nothing: the problems of the traits, by form name. */
  problems(schemaId: string, traits: JsonValue): Violation[];
  /** Ways in which the addresses of any schema are reached, for recovery or verification: which ones may be typed. */
  vias(purpose: 'recovery' | 'verification'): readonly Via[];
  /** How many recovery addresses of a kind an account can have, by any schema; 2 stands for two or more. */
  recoveryPlaces(via: Via): number;
  /** The inputs of a profile form; none for an unknown schema. */
  fields(schemaId: string): TraitField[];
}

interface CompiledSchema {
  schema: JsonObject;
  /** Finds every problem. */
  check: ValidateFunction;
  /** Stops at the first problem, and fills the {@link DerivedAddresses} that it is called on. */
  collect: ValidateFunction;
  fields: TraitField[];
}

const UNKNOWN_SCHEMA: Violation = {
  path: 'schema_id',
  keyword: 'schema',
  text: 'there is no identity schema with this id',
};

/**
 * Compiles the identity schemas of the configuration. They are JSON Schemas (draft-07, 2019-09 or 2020-12, by `$schema`)
 * of an identity: `{properties: {traits: {...}}}`, with Kratos' extension `ory.sh/kratos` on the traits that are login
 * names or addresses.
 *
 * @throws Error naming the schema when one cannot be used.
 */
export function createIdentitySchemas(config: Config['identity']): IdentitySchemas {
  const all = [{ id: MACHINE_SCHEMA_ID, schema: machineSchema }, ...config.schemas];
  const compiled = new Map(all.map(({ id, schema }) => [id, compile(id, schema)]));

  const problems = (schemaId: string, traits: JsonValue): Violation[] => {
    const found = compiled.get(schemaId);
    if (!found) return [UNKNOWN_SCHEMA];
    if (found.check({ traits })) return [];
    return violationsOf(found.check.errors);
  };

  const vias = {
    recovery: viasOf(config.schemas, 'recovery'),
    verification: viasOf(config.schemas, 'verification'),
  };

  return {
    vias: (purpose) => vias[purpose],
    recoveryPlaces: (via) => Math.max(0, ...config.schemas.map(({ schema }) => placesIn(schema, via, 1))),
    list: () => config.schemas.map(({ id, schema }) => ({ id, schema })),
    get: (id) => compiled.get(id)?.schema,
    problems,
    fields: (schemaId) => compiled.get(schemaId)?.fields ?? [],
    derive(schemaId, traits) {
      const found = problems(schemaId, traits);
      if (found.length > 0) throw new LatchkeyError('bad_request', { reason: violationsInWords(found) });
      const derived: DerivedAddresses = { identifiers: [], verifiable: [], recovery: [] };
      compiled.get(schemaId)?.collect.call(derived, { traits });
      return derived;
    },
  };
}

function viasOf(schemas: Config['identity']['schemas'], purpose: 'recovery' | 'verification'): Via[] {
  const found = schemas.flatMap(({ schema }) => viasIn(schema, purpose));
  return (['email', 'sms'] as const).filter((via) => found.includes(via));
}

/** Every `via` that the extension gives for the purpose, wherever in the schema it stands. */
function viasIn(value: JsonValue, purpose: 'recovery' | 'verification'): JsonValue[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const via =
      key === EXTENSION ? (inner as Partial<Record<string, { via?: JsonValue }>> | null)?.[purpose]?.via : undefined;
    return [...(via === undefined ? [] : [via]), ...viasIn(inner, purpose)];
  });
}

/** Recovery addresses of the kind that the schema has room for; each in a list counts twice. */
function placesIn(value: JsonValue, via: Via, weight: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  const extension = Array.isArray(value)
    ? undefined
    : (value[EXTENSION] as { recovery?: { via?: JsonValue } } | undefined);
  const own = extension?.recovery?.via === via ? weight : 0;
  const inner = Object.entries(value).map(([key, part]) => {
    return placesIn(part, via, /^(items|prefixItems|additionalItems|patternProperties)$/.test(key) ? 2 : weight);
  });
  return Math.min(
    2,
    inner.reduce((sum, count) => sum + count, own),
  );
}

function compile(id: string, schema: JsonObject): CompiledSchema {
  try {
    // The dialect is chosen here; ajv would look for the meta-schema's document. Its names for keywords have no room
    // for the extension's own.
    const { $schema: dialect, ...rest } = renameExtension(schema) as JsonObject;
    const check = createAjv(dialect, { allErrors: true }).compile(rest);
    const collect = createAjv(dialect, { allErrors: false }).compile(rest);
    return { schema, check, collect, fields: traitFields(schema) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`identity schema "${id}" cannot be used: ${why}`, { cause: error });
  }
}

function createAjv(dialect: JsonValue | undefined, options: Options): Ajv {
  const name = typeof dialect === 'string' ? dialect : '';
  const Dialect = name.includes('2020-12') ? Ajv2020 : name.includes('2019-09') ? Ajv2019 : Ajv;
  const ajv = new Dialect({ ...options, strict: false, passContext: true, logger: false });
  formats.default(ajv);
  ajv.addFormat('tel', (value) => normalizeAddress('sms', value) !== undefined);
  ajv.addKeyword(extensionKeyword);
  return ajv as Ajv;
}

function renameExtension(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(renameExtension);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key === EXTENSION ? EXTENSION_KEYWORD : key, renameExtension(inner)]),
  );
}

/** One violation a path and text, in ajv's order: two rules often say the same of one value. */
function violationsOf(errors: ErrorObject[] | null | undefined): Violation[] {
  const byText = new Map<string, Violation>();
  for (const error of errors ?? []) {
    const violation = error.keyword === EXTENSION_KEYWORD ? ofExtension(error) : toViolation(error);
    const key = `${violation.path}: ${violation.text}`;
    if (!byText.has(key)) byText.set(key, violation);
  }
  return [...byText.values()];
}

function ofExtension(error: ErrorObject): Violation {
  const { text } = error.params as { text: string };
  return { ...toViolation(error), keyword: 'format', text };
}
