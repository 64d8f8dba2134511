/**
 * The words that people read in flows, under Kratos' message ids. One entry a message: `id` is what clients switch on,
 * `text` is ours. `context` values are filled in where a message is made.
 */
export const MESSAGES = {
  // Labels
  label_password: { id: 1070001, type: 'info', text: 'Password' },
  label_trait: { id: 1070002, type: 'info', text: '{title}' },
  label_save: { id: 1070003, type: 'info', text: 'Save' },
  label_email: { id: 1070007, type: 'info', text: 'E-mail address' },
  label_resend: { id: 1070008, type: 'info', text: 'Send another code' },
  label_continue: { id: 1070009, type: 'info', text: 'Continue' },
  label_recovery_code: { id: 1070010, type: 'info', text: 'Code from the message' },
  label_sign_in: { id: 1010022, type: 'info', text: 'Sign in with your password' },
  // Recovery
  recovered_set_password: {
    id: 1060001,
    type: 'success',
    text: 'You are back in your account. Choose a new password now: this page lets you until {privileged_until}.',
  },
  recovery_link_sent: {
    id: 1060002,
    type: 'info',
    text: 'If this address belongs to an account, a message with a link is on its way to it. Nothing there? Look in the spam folder, and check the spelling of the address.',
  },
  recovery_mail_sent: {
    id: 1060003,
    type: 'info',
    text: 'If this address belongs to an account, a message with a code is on its way to it. Nothing there? Look in the spam folder, and check the spelling of the address.',
  },
  recovery_link_wrong: {
    id: 4060004,
    type: 'error',
    text: 'This link does not work any more: it was used, replaced by a newer one, or is not complete. Ask for a new one here.',
  },
  recovery_expired: {
    id: 4060005,
    type: 'error',
    text: 'That page was open for too long. Nothing is lost: start again here.',
  },
  recovery_code_wrong: {
    id: 4060006,
    type: 'error',
    text: 'This is not the code of the newest message, or it has been used. Look at the newest message and try again.',
  },
  account_disabled: {
    id: 4010011,
    type: 'error',
    text: 'This account is disabled. The people who run this service can tell you more.',
  },
  // Validation
  malformed: { id: 4000001, type: 'error', text: '{reason}' },
  missing: { id: 4000002, type: 'error', text: 'Please fill in {property}.' },
  not_an_address: { id: 4000040, type: 'error', text: 'This is not a complete e-mail address.' },
  trait_invalid: { id: 4000001, type: 'error', text: '{reason}' },
  login_failed: {
    id: 4000006,
    type: 'error',
    text: 'The name and the password do not belong together. Check both for typing mistakes.',
  },
  password_like_identifier: {
    id: 4000031,
    type: 'error',
    text: 'This password is too much like your address or name. Choose one that nobody would guess from them.',
  },
  password_too_short: {
    id: 4000032,
    type: 'error',
    text: 'Choose a password of at least {min_length} characters; this one has {actual_length}.',
  },
  password_breached: {
    id: 4000034,
    type: 'error',
    text: 'This password is on lists of stolen passwords. Choose another one.',
  },
  password_same: { id: 4000039, type: 'error', text: 'This is your present password. Choose a new one.' },
  settings_method_unknown: { id: 4010004, type: 'error', text: 'This page does not know that way of changing settings.' },
  recovery_method_unknown: { id: 4010005, type: 'error', text: 'Recovery does not work in that way here.' },
  login_method_unknown: { id: 4010001, type: 'error', text: 'Signing in does not work in that way here.' },
  settings_saved: { id: 1050001, type: 'success', text: 'Your changes are saved.' },
  login_refresh: { id: 1010003, type: 'info', text: 'Please sign in once more to confirm that it is you.' },
} as const satisfies Record<string, { id: number; type: 'info' | 'error' | 'success'; text: string }>;

/** A key of {@link MESSAGES}. */
export type MessageId = keyof typeof MESSAGES;

/** A message as it stands in a flow row: which one, its values, and the form field that it belongs to. */
export interface StoredMessage {
  message: MessageId;
  context?: Record<string, string | number>;
  /** Name of the node, such as `email`; absent for a message on the whole form. */
  field?: string;
}

/** A message as Kratos' clients know it. */
export interface UiText {
  id: number;
  text: string;
  type: 'info' | 'error' | 'success';
  context?: Record<string, string | number>;
}

/** Renders a message: fills `{placeholders}` from the context. */
export function uiText(message: MessageId, context?: Record<string, string | number>): UiText {
  const { id, text, type } = MESSAGES[message];
  const filled = text.replace(/\{(\w+)\}/g, (_, name: string) => String(context?.[name] ?? ''));
  return { id, text: filled, type, ...(context && { context }) };
}
