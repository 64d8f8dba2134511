import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';
import type { JsonObject, JsonValue } from './json.js';
import { SCOPES } from './scopes.js';
import type { Scope } from './scopes.js';

/** The identity schema of machines. Built in: no configuration may have one of this name. */
export const MACHINE_SCHEMA_ID = 'machine';

const name = { minLength: 1, maxLength: 128, pattern: '^[^\\u0000-\\u001f\\u007f]*$' };

/** A machine has a name, and nothing by which it could sign in or be written to. */
export const machineSchema: JsonObject = {
  $id: 'urn:latchkey:machine',
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Machine',
  type: 'object',
  properties: {
    traits: {
      type: 'object',
      properties: { name: { type: 'string', title: 'Name', ...name } },
      required: ['name'],
      additionalProperties: false,
    },
  },
};

const Name = Type.String(name);
const Scopes = Type.Array(Type.Unsafe<Scope>({ type: 'string', enum: [...SCOPES] }), {
  minItems: 1,
  uniqueItems: true,
});
/** As Go writes durations, such as `24h`. */
const Time = Type.String({ maxLength: 64 });

/** Body of `POST /admin/machines`. `scopes` is the most that its keys may have. */
export const CreateMachineBody = Type.Object(
  { name: Name, scopes: Scopes, metadata_admin: Type.Optional(Type.Unsafe<JsonValue>({})) },
  { additionalProperties: false },
);
export type CreateMachineBody = Static<typeof CreateMachineBody>;

/** Body of `POST /admin/machines/{id}/keys`. Without `scopes` the key has its machine's, without `expires_in` no end. */
export const CreateMachineKeyBody = Type.Object(
  { name: Type.Optional(Name), scopes: Type.Optional(Scopes), expires_in: Type.Optional(Time) },
  { additionalProperties: false },
);
export type CreateMachineKeyBody = Static<typeof CreateMachineKeyBody>;

/** Body of `POST /admin/machines/{id}/keys/{key}/rotate`. */
export const RotateMachineKeyBody = Type.Object(
  { overlap: Type.Optional(Time), expires_in: Type.Optional(Time) },
  { additionalProperties: false },
);
export type RotateMachineKeyBody = Static<typeof RotateMachineKeyBody>;
