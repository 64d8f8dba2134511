import { formatGoDuration, parseGoDuration } from '../../workflows/domain/duration.js';
import { badRequest } from '../validation.js';

/** Milliseconds of a duration in a request's `field`, which may be at most `longestMs`. @throws LatchkeyError bad_request */
export function durationOf(text: string, field: string, longestMs: number): number {
  const ms = parseGoDuration(text);
  if (ms === null) throw badRequest(`${field}: is not a duration. Write it like "12h", "1h30m" or "500ms".`);
  if (ms <= 0) throw badRequest(`${field}: must lie in the future, so be more than zero.`);
  if (ms > longestMs) throw badRequest(`${field}: may be at most ${formatGoDuration(longestMs)}.`);
  return Math.max(1, Math.floor(ms));
}

/** The life that `expires_in` asks for, milliseconds. */
export function lifeOf(expiresIn: string | null | undefined, defaultMs: number, longestMs: number): number {
  if (expiresIn === undefined || expiresIn === null || expiresIn === '') return defaultMs;
  return durationOf(expiresIn, 'expires_in', longestMs);
}
