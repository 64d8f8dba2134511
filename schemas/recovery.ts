import { Type } from '@sinclair/typebox';

/** Body of `POST /self-service/recovery`, as JSON or as a form. Unknown fields are ignored, as in Kratos. */
export const SubmitRecoveryBody = Type.Object({
  method: Type.Optional(Type.String({ maxLength: 64 })),
  email: Type.Optional(Type.String({ maxLength: 320 })),
  code: Type.Optional(Type.String({ maxLength: 128 })),
  csrf_token: Type.Optional(Type.String({ maxLength: 256 })),
  // Of the newer recovery, in which a person says where the code goes.
  recovery_address: Type.Optional(Type.String({ maxLength: 320 })),
  recovery_select_address: Type.Optional(Type.String({ maxLength: 128 })),
  recovery_confirm_address: Type.Optional(Type.String({ maxLength: 320 })),
  screen: Type.Optional(Type.String({ maxLength: 32 })),
});

/** Body of `POST /admin/recovery/code`. Unknown fields are ignored, as in Kratos. */
export const CreateRecoveryCodeBody = Type.Object({
  identity_id: Type.Optional(Type.Union([Type.String({ maxLength: 64 }), Type.Null()])),
  expires_in: Type.Optional(Type.String({ maxLength: 64 })),
  flow_type: Type.Optional(Type.String({ maxLength: 16 })),
  /** Of this project: mails it to the person, beside answering with it. */
  deliver: Type.Optional(Type.Boolean()),
});

/** Body of `POST /admin/recovery/link`. */
export const CreateRecoveryLinkBody = Type.Object({
  identity_id: Type.Optional(Type.Union([Type.String({ maxLength: 64 }), Type.Null()])),
  expires_in: Type.Optional(Type.String({ maxLength: 64 })),
  deliver: Type.Optional(Type.Boolean()),
});

/** Body of `POST /self-service/recovery/confirm`: the click on the page that a mailed link opens. */
export const ConfirmLinkBody = Type.Object({
  token: Type.String({ minLength: 1, maxLength: 128 }),
  csrf_token: Type.Optional(Type.String({ maxLength: 256 })),
});
