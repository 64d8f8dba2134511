import type { Identity } from '../store/identity-rows.js';
import type { JsonValue } from '../../schemas/json.js';

const FIELDS = ['locale', 'lang', 'language'];
const LOCALE = /^[a-z]{2,3}([-_][a-z0-9]{2,8})*$/i;

/**
 * The language in which a person is written to: `locale` (or `lang`, or `language`) of `metadata_public`, otherwise of
 * the traits. Null when there is none.
 */
export function localeOf(identity: Pick<Identity, 'metadata_public' | 'traits'>): string | null {
  for (const place of [identity.metadata_public, identity.traits]) {
    for (const name of FIELDS) {
      const value = fieldOf(place, name);
      if (typeof value === 'string' && LOCALE.test(value)) return value.replaceAll('_', '-');
    }
  }
  return null;
}

function fieldOf(place: JsonValue, name: string): JsonValue | undefined {
  if (typeof place !== 'object' || place === null || Array.isArray(place)) return undefined;
  return Object.hasOwn(place, name) ? place[name] : undefined;
}
