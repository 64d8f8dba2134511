import { Type } from '@sinclair/typebox';

/** A button: `true` in JSON, `true` as text in a form. */
const Button = Type.Union([Type.Boolean(), Type.String({ maxLength: 8 })]);

/** Body of `POST /self-service/settings`, as JSON or as a form. */
export const SubmitSettingsBody = Type.Object({
  method: Type.Optional(Type.String({ maxLength: 64 })),
  password: Type.Optional(Type.String()),
  totp_code: Type.Optional(Type.String({ maxLength: 64 })),
  totp_unlink: Type.Optional(Button),
  lookup_secret_reveal: Type.Optional(Button),
  lookup_secret_regenerate: Type.Optional(Button),
  lookup_secret_confirm: Type.Optional(Button),
  lookup_secret_disable: Type.Optional(Button),
  csrf_token: Type.Optional(Type.String({ maxLength: 256 })),
});

/** True when the button was pressed. */
export function isPressed(button: boolean | string | undefined): boolean {
  return button === true || button === 'true';
}
