import { Type } from '@sinclair/typebox';

/** Body of `POST /self-service/verification`, as JSON or as a form. Unknown fields are ignored, as in Kratos. */
export const SubmitVerificationBody = Type.Object({
  method: Type.Optional(Type.String({ maxLength: 64 })),
  email: Type.Optional(Type.String({ maxLength: 320 })),
  code: Type.Optional(Type.String({ maxLength: 128 })),
  csrf_token: Type.Optional(Type.String({ maxLength: 256 })),
});
