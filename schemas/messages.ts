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
  label_choice: { id: 1070000, type: 'info', text: '{label}' },
  label_phone: { id: 1070017, type: 'info', text: 'Telephone number' },
  label_back: { id: 1060007, type: 'info', text: 'Back' },
  label_address: { id: 1070016, type: 'info', text: 'E-mail address or telephone number' },
  label_verification_code: { id: 1070011, type: 'info', text: 'Code from the message' },
  label_sign_in: { id: 1010022, type: 'info', text: 'Sign in with your password' },
  // Second factors
  login_second_factor: {
    id: 1010004,
    type: 'info',
    text: 'One more step: show with your authenticator app, or with a backup code, that it is you.',
  },
  label_totp_login: { id: 1010006, type: 'info', text: 'Code from your authenticator app' },
  label_lookup_login: { id: 1010007, type: 'info', text: 'Backup code' },
  label_use_totp: { id: 1010009, type: 'info', text: 'Continue with this code' },
  label_use_lookup: { id: 1010010, type: 'info', text: 'Continue with a backup code' },
  label_totp_unlink: { id: 1050004, type: 'info', text: 'Remove the authenticator app' },
  label_totp_qr: { id: 1050005, type: 'info', text: 'QR code for your authenticator app' },
  totp_secret: { id: 1050006, type: 'info', text: '{secret}' },
  label_lookup_reveal: { id: 1050007, type: 'info', text: 'Show my backup codes' },
  label_lookup_regenerate: { id: 1050008, type: 'info', text: 'Make new backup codes' },
  lookup_secret: { id: 1050009, type: 'info', text: '{secret}' },
  label_lookup_codes: {
    id: 1050010,
    type: 'info',
    text: 'Your backup codes. Each works once. Print them, or keep them where your telephone is not.',
  },
  label_lookup_confirm: { id: 1050011, type: 'info', text: 'I have kept these codes' },
  lookup_secret_used: { id: 1050014, type: 'info', text: 'used on {used_at}' },
  lookup_secret_list: { id: 1050015, type: 'info', text: '{list}' },
  label_lookup_disable: { id: 1050016, type: 'info', text: 'Remove my backup codes' },
  label_totp_secret: {
    id: 1050017,
    type: 'info',
    text: 'If you cannot scan the QR code, type this into your authenticator app instead.',
  },
  label_totp_verify: { id: 1070006, type: 'info', text: 'Code that the app now shows' },
  // Recovery
  recovered_set_password: {
    id: 1060001,
    type: 'success',
    text: 'You are back in your account. Choose a new password now: this page lets you until {privileged_session_expires_at}.',
  },
  invite_set_password: {
    id: 1060001,
    type: 'success',
    text: 'Welcome. Choose a password now: this page lets you until {privileged_session_expires_at}.',
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
  recovery_done: {
    id: 4060001,
    type: 'error',
    text: 'That recovery is finished: its code was used. If it was you, sign in; if you need another code, ask for it here.',
  },
  recovery_code_sent: {
    id: 1060004,
    type: 'info',
    text: 'If {masked_address} is an address of the account, a message with a code is on its way to it. Nothing there? Check the spelling, and look in the spam folder.',
  },
  recovery_confirm_address: {
    id: 1060005,
    type: 'info',
    text: 'Enter the other address of your account in full: the code goes to it.',
  },
  recovery_choose_address: { id: 1060006, type: 'info', text: 'Where shall we send the code?' },
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
  // Verification
  verification_link_sent: {
    id: 1080001,
    type: 'info',
    text: 'If this address belongs to an account, a message with a link is on its way to it. Nothing there? Look in the spam folder, and check the spelling of the address.',
  },
  verification_done: { id: 1080002, type: 'success', text: 'Thank you. This address is confirmed as yours.' },
  verification_mail_sent: {
    id: 1080003,
    type: 'info',
    text: 'If this address belongs to an account, a message with a code is on its way to it. Nothing there? Look in the spam folder, and check the spelling of the address.',
  },
  verification_link_wrong: {
    id: 4070001,
    type: 'error',
    text: 'This link does not work any more: it was used, replaced by a newer one, or is not complete. Ask for a new one here.',
  },
  verification_used: {
    id: 4070002,
    type: 'error',
    text: 'This address was confirmed already. To confirm another one, enter it here.',
  },
  verification_over: {
    id: 4070003,
    type: 'error',
    text: 'That page takes no more codes. Enter the address here to get a new one.',
  },
  verification_expired: {
    id: 4070005,
    type: 'error',
    text: 'That page was open for too long. Nothing is lost: start again here.',
  },
  verification_code_wrong: {
    id: 4070006,
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
  totp_wrong: {
    id: 4000008,
    type: 'error',
    text: 'This is not the code that your app shows now, or it was used already. Wait for the next one and enter that.',
  },
  totp_missing: { id: 4000011, type: 'error', text: 'This account has no authenticator app set up.' },
  lookup_used: {
    id: 4000012,
    type: 'error',
    text: 'This backup code was used before. Take another one from your list.',
  },
  lookup_missing: { id: 4000014, type: 'error', text: 'This account has no backup codes.' },
  lookup_wrong: {
    id: 4000016,
    type: 'error',
    text: 'This is none of your backup codes. Check it for typing mistakes.',
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
  settings_method_unknown: {
    id: 4010004,
    type: 'error',
    text: 'This page does not know that way of changing settings.',
  },
  recovery_method_unknown: { id: 4010005, type: 'error', text: 'Recovery does not work in that way here.' },
  verification_method_unknown: {
    id: 4010006,
    type: 'error',
    text: 'Confirming an address does not work in that way here.',
  },
  login_method_unknown: { id: 4010002, type: 'error', text: 'Signing in does not work in that way here.' },
  login_expired: { id: 4010001, type: 'error', text: 'That page was open for too long. Please sign in here.' },
  settings_expired: {
    id: 4050001,
    type: 'error',
    text: 'That page was open for too long, and nothing was changed. Please do it again here.',
  },
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
  context?: Record<string, unknown>;
}

/** Renders a message: fills `{placeholders}` from the context. */
export function uiText(message: MessageId, context?: Record<string, unknown>): UiText {
  const { id, text, type } = MESSAGES[message];
  const filled = text.replace(/\{(\w+)\}/g, (_, name: string) => String(context?.[name] ?? ''));
  return { id, text: filled, type, ...(context && { context }) };
}
