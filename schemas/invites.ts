import { Type } from '@sinclair/typebox';
import type { Static, TSchema } from '@sinclair/typebox';
import type { JsonObject, JsonValue } from './json.js';

/** More reminders than these are a nuisance. */
export const MAX_REMINDERS = 10;

// Clients in Go and Python send null for what they leave out.
const orNull = <Schema extends TSchema>(schema: Schema) =>
  Type.Optional(Type.Unsafe<Static<Schema> | null>({ ...schema, type: [schema.type as string, 'null'] }));
const word = <const W extends readonly string[]>(...words: W) =>
  Type.Optional(Type.Unsafe<W[number]>({ type: 'string', enum: words }));

const Duration = Type.String({ maxLength: 64 });

/** Body of `POST /admin/invites`: a new person, as in `POST /admin/identities`, or the id of one. */
export const CreateInviteBody = Type.Object(
  {
    identity_id: orNull(Type.String({ format: 'uuid' })),
    schema_id: orNull(Type.String({ minLength: 1, maxLength: 255 })),
    traits: Type.Optional(Type.Unsafe<JsonObject>({ type: 'object' })),
    external_id: orNull(Type.String({ minLength: 1, maxLength: 255 })),
    metadata_admin: Type.Optional(Type.Unsafe<JsonValue>({})),
    /** Shown to the invitee; a new person gets it too. */
    metadata_public: Type.Optional(Type.Unsafe<JsonValue>({})),
    /** One of the person's e-mail addresses; without it, the first. */
    address: orNull(Type.String({ minLength: 1, maxLength: 320 })),
    /** `none`: the caller brings the code to the invitee. */
    delivery: word('email', 'none'),
    method: word('code', 'link'),
    flow_type: word('browser', 'api'),
    expires_in: orNull(Duration),
    /** How long before the deadline. */
    reminders: Type.Optional(Type.Array(Duration, { maxItems: MAX_REMINDERS, uniqueItems: true })),
    return_to: orNull(Type.String({ maxLength: 2_000 })),
    /** BCP 47, such as `de-CH`. */
    locale: orNull(Type.String({ pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,8}$', maxLength: 64 })),
  },
  { additionalProperties: false },
);
export type CreateInviteBody = Static<typeof CreateInviteBody>;

/** Body of `POST /admin/invites/{id}/resend`; may be left out. */
export const ResendInviteBody = Type.Object({ expires_in: orNull(Duration) }, { additionalProperties: false });

/** Body of `POST /admin/invites/{id}/revoke`; may be left out. */
export const RevokeInviteBody = Type.Object({}, { additionalProperties: false });

/** Body of `POST /admin/invites/{id}/delivery`: what a mail provider knows of the mail. */
export const DeliveryReportBody = Type.Object(
  { status: Type.Unsafe<'delivered' | 'failed'>({ type: 'string', enum: ['delivered', 'failed'] }) },
  { additionalProperties: false },
);

/** Body of `POST /self-service/invites/decline` and `/renew`: a click on the page of an invite. */
export const InviteClickBody = Type.Object({ csrf_token: Type.Optional(Type.String({ maxLength: 256 })) });
