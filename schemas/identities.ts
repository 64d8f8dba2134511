import { Type } from '@sinclair/typebox';
import type { Static, TObject, TSchema } from '@sinclair/typebox';
import type { JsonObject, JsonValue } from './json.js';

/** Most identities that one batch request takes; Kratos' figure. */
export const MAX_BATCH = 1_000;
/** Most operations in one JSON Patch. */
export const MAX_PATCH_OPERATIONS = 100;
const MAX_ADDRESSES = 100;

// Clients in Go and Python send null for what they leave out. A union of types, and not `anyOf`, gives one clear error.
const orNull = <Schema extends TSchema>(schema: Schema) =>
  Type.Optional(Type.Unsafe<Static<Schema> | null>({ ...schema, type: [schema.type as string, 'null'] }));
const closed = <Properties extends Record<string, TSchema>>(properties: Properties): TObject<Properties> =>
  Type.Object(properties, { additionalProperties: false });

const AnyObject = Type.Unsafe<JsonObject>({ type: 'object' });
const AnyValue = Type.Optional(Type.Unsafe<JsonValue>({}));
const State = Type.Optional(Type.Unsafe<'active' | 'inactive'>({ type: 'string', enum: ['active', 'inactive'] }));
const Via = Type.Unsafe<'email' | 'sms'>({ type: 'string', enum: ['email', 'sms'] });
const Time = Type.String({ format: 'date-time' });
const ExternalId = Type.String({ minLength: 1, maxLength: 255 });
const SchemaId = Type.String({ minLength: 1, maxLength: 255 });

const Credentials = closed({
  password: orNull(
    closed({
      config: orNull(
        closed({
          /** Clear text, of any length; stored as argon2id. */
          password: orNull(Type.String()),
          /** A hash in one of the formats that Kratos imports. */
          hashed_password: orNull(Type.String()),
        }),
      ),
    }),
  ),
});

// Also what an export of an address holds; ids and times of the other system are read and not kept.
const carriedAlong = { id: orNull(Type.String()), created_at: orNull(Time), updated_at: orNull(Time) };
const VerifiableAddress = closed({
  ...carriedAlong,
  value: Type.String(),
  via: Via,
  verified: orNull(Type.Boolean()),
  status: Type.Optional(
    Type.Unsafe<'pending' | 'sent' | 'completed'>({ type: 'string', enum: ['pending', 'sent', 'completed'] }),
  ),
  verified_at: orNull(Time),
});
const RecoveryAddress = closed({ ...carriedAlong, value: Type.String(), via: Via });

const content = {
  schema_id: orNull(SchemaId),
  external_id: orNull(ExternalId),
  traits: Type.Optional(AnyObject),
  state: State,
  metadata_public: AnyValue,
  metadata_admin: AnyValue,
  organization_id: Type.Optional(Type.Null()),
};

/** Body of `POST /admin/identities`. */
export const CreateIdentityBody = closed({
  ...content,
  credentials: orNull(Credentials),
  verifiable_addresses: orNull(Type.Array(VerifiableAddress, { maxItems: MAX_ADDRESSES })),
  recovery_addresses: orNull(Type.Array(RecoveryAddress, { maxItems: MAX_ADDRESSES })),
});
export type CreateIdentityBody = Static<typeof CreateIdentityBody>;

/** Body of `PUT /admin/identities/{id}`. */
export const UpdateIdentityBody = closed({ ...content, credentials: orNull(Credentials) });
export type UpdateIdentityBody = Static<typeof UpdateIdentityBody>;

/** Body of `PATCH /admin/identities/{id}`: JSON Patch (RFC 6902) without `test`. */
export const IdentityPatchBody = Type.Array(
  Type.Object({
    op: Type.Unsafe<'add' | 'remove' | 'replace' | 'move' | 'copy'>({
      type: 'string',
      enum: ['add', 'remove', 'replace', 'move', 'copy'],
    }),
    path: Type.String(),
    from: Type.Optional(Type.String()),
    value: AnyValue,
  }),
  { maxItems: MAX_PATCH_OPERATIONS },
);
export type IdentityPatchBody = Static<typeof IdentityPatchBody>;

/** What a JSON Patch may change of an identity, and must leave whole. */
export const PatchableIdentity = closed({
  schema_id: SchemaId,
  external_id: orNull(ExternalId),
  traits: AnyObject,
  state: Type.Unsafe<'active' | 'inactive'>({ type: 'string', enum: ['active', 'inactive'] }),
  metadata_public: AnyValue,
  metadata_admin: AnyValue,
});
export type PatchableIdentity = Static<typeof PatchableIdentity>;

/** Body of `PATCH /admin/identities`. Each `create` is judged on its own. */
export const IdentityBatchBody = closed({
  identities: Type.Array(
    closed({
      create: orNull(AnyObject),
      /** The caller's name for the item; given back with its result. */
      patch_id: orNull(Type.String({ format: 'uuid' })),
    }),
    { maxItems: MAX_BATCH },
  ),
});
export type IdentityBatchBody = Static<typeof IdentityBatchBody>;
