import { Type } from '@sinclair/typebox';

/** Body of `POST /self-service/login`, as JSON or as a form. */
export const SubmitLoginBody = Type.Object({
  method: Type.Optional(Type.String({ maxLength: 64 })),
  identifier: Type.Optional(Type.String({ maxLength: 1_024 })),
  /** Kratos' older name of `identifier`. */
  password_identifier: Type.Optional(Type.String({ maxLength: 1_024 })),
  password: Type.Optional(Type.String()),
  totp_code: Type.Optional(Type.String({ maxLength: 64 })),
  lookup_secret: Type.Optional(Type.String({ maxLength: 64 })),
  csrf_token: Type.Optional(Type.String({ maxLength: 256 })),
});

/** Body of `DELETE /self-service/logout/api`. */
export const LogoutBody = Type.Object({ session_token: Type.String({ minLength: 1, maxLength: 256 }) });
