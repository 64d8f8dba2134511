/**
 * One spelling for each address and login name, so that the database's own equality decides who is who.
 *
 * Only ASCII letters change case. Unicode case folding and normalisation make different addresses equal ('ı' and 'i'),
 * which has let strangers receive other people's recovery mail; here a look-alike simply matches nobody.
 */

/** How an address is reached. */
export type Via = 'email' | 'sms';

/** How an address (normalised) is reached: only those of e-mail have an `@`. */
export function viaOf(address: string): Via {
  return address.includes('@') ? 'email' : 'sms';
}

/** Longest address or login name, in UTF-16 units. Far below what a unique index of Postgres takes. */
export const MAX_IDENTIFIER_LENGTH = 320;

// An e-mail address as mail servers take it everywhere (RFC 5321 dot-string, RFC 1123 host): no quoted local parts, no
// comments, no white space, ASCII only, so that no two parsers on the way can read it differently.
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const HOST_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const PHONE_PUNCTUATION = /[ ()./-]/g;
// E.164 has at most 15 digits.
const PHONE = /^\+?[0-9]{5,15}$/;
// Control characters and invisible format characters (zero width, direction marks).
const INVISIBLE = /[\p{Cc}\p{Cf}]/u;

/** Lower-cases A to Z and nothing else. */
export function lowerCaseAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The stored spelling of an address, or undefined when this is not one. */
export function normalizeAddress(via: Via, value: string): string | undefined {
  return via === 'email' ? normalizeEmail(value) : normalizePhone(value);
}

/** The stored spelling of a login name of any kind, or undefined when it cannot be one: too long, invisible letters. */
export function normalizeIdentifier(value: string): string | undefined {
  const trimmed = value.trim();
  if (trimmed === '' || trimmed.length > MAX_IDENTIFIER_LENGTH || INVISIBLE.test(trimmed)) return undefined;
  return lowerCaseAscii(trimmed);
}

/** The spellings under which a typed login name may be stored: as it is, and as a telephone number if it looks so. */
export function identifierSpellings(typed: string): string[] {
  const spellings = [normalizeIdentifier(typed), normalizePhone(typed)];
  return [...new Set(spellings.filter((spelling) => spelling !== undefined))];
}

function normalizeEmail(value: string): string | undefined {
  const address = lowerCaseAscii(value.trim());
  // RFC 5321, 4.5.3.1: local part 64, path 256 with its two angle brackets.
  if (address.length > 254) return undefined;
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(at, 0));
  if (local.length > 64 || !LOCAL_PART.test(local)) return undefined;
  return address
    .slice(at + 1)
    .split('.')
    .every((label) => HOST_LABEL.test(label))
    ? address
    : undefined;
}

function normalizePhone(value: string): string | undefined {
  if (value.length > MAX_IDENTIFIER_LENGTH) return undefined;
  const digits = value.trim().replace(PHONE_PUNCTUATION, '');
  return PHONE.test(digits) ? digits : undefined;
}
