import { Type } from '@sinclair/typebox';

/** Body of `POST /self-service/login`, as JSON or as a form. */
export const SubmitLoginBody = Type.Object({
  method: Type.Optional(Type.String({ maxLength: 64 })),
  identifier: Type.Optional(Type.String({ maxLength: 1_024 })),
  /** Kratos' older name of `identifier`. */
  password_identifier: Type.Optional(Type.String({ maxLength: 1_024 })),
  password: Type.Optional(Type.String()),
  csrf_token: Type.Optional(Type.String({ maxLength: 256 })),
});
