import { parseGoDuration } from '../../workflows/domain/duration.js';
import { badRequest } from '../validation.js';

/** The longest duration that a request may ask for. */
export interface Longest {
  ms: number;
  /** To be read after 'may be at most'. */
  words: string;
}

/** Milliseconds of a duration in a request's `field`. @throws LatchkeyError bad_request */
export function durationOf(text: string, field: string, longest: Longest): number {
  const ms = parseGoDuration(text);
  if (ms === null) throw badRequest(`${field}: is not a duration. Write it like "12h", "1h30m" or "500ms".`);
  if (ms <= 0) throw badRequest(`${field}: must lie in the future, so be more than zero.`);
  if (ms > longest.ms) throw badRequest(`${field}: may be at most ${longest.words}.`);
  return Math.max(1, Math.floor(ms));
}

/** The life that `expires_in` asks for, milliseconds. @throws LatchkeyError bad_request */
export function lifeOf(expiresIn: string | null | undefined, defaultMs: number, longest: Longest): number {
  if (expiresIn === undefined || expiresIn === null || expiresIn === '') return defaultMs;
  return durationOf(expiresIn, 'expires_in', longest);
}
