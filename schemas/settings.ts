import { Type } from '@sinclair/typebox';

/** Body of `POST /self-service/settings`, as JSON or as a form. */
export const SubmitSettingsBody = Type.Object({
  method: Type.Optional(Type.String({ maxLength: 64 })),
  password: Type.Optional(Type.String()),
  csrf_token: Type.Optional(Type.String({ maxLength: 256 })),
});
