import type { JsonValue } from '../schemas/json.js';

/**
 * Text that is safe to print: what people wrote into names and traits must not steer the terminal. Control characters
 * and invisible format characters (direction marks) become visible.
 */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}');
}

/** A value in a table or a record. */
export function inWords(value: JsonValue | undefined): string {
  if (value === undefined || value === null || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return inWords(value.join(' '));
  return harmless(typeof value === 'string' ? value : JSON.stringify(value));
}

/** An RFC 3339 time as `2030-01-31 12:00:00Z`; what is none, as it is. */
export function timeInWords(value: JsonValue | undefined): string {
  const match = typeof value === 'string' ? /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)/.exec(value) : null;
  return match ? `${match[1]} ${match[2]}Z` : inWords(value);
}
