import type { DataValidateFunction, KeywordDefinition } from 'ajv/dist/types/index.js';
import type { JsonValue } from '../schemas/json.js';
import { formatInWords } from '../schemas/violations.js';
import { MAX_IDENTIFIER_LENGTH, normalizeAddress, normalizeIdentifier } from './addresses.js';
import type { Via } from './addresses.js';
import type { DerivedAddresses } from './identity-schemas.js';

/** Kratos' extension keyword: what a trait is good for. */
export const EXTENSION = 'ory.sh/kratos';
/** The same under a name that ajv takes. */
export const EXTENSION_KEYWORD = 'ory-sh-kratos';

interface Extension {
  credentials?: { password?: { identifier?: boolean } };
  verification?: { via?: string };
  recovery?: { via?: string };
}

/**
 * The extension as an ajv keyword. It runs wherever the schema reaches a value (nested objects, arrays, `$ref`,
 * `allOf`), after every other rule on that value, checks that the value can be what the extension says, and adds it to
 * the `DerivedAddresses` that the validator was called on, if any.
 */
export const extensionKeyword: KeywordDefinition = {
  keyword: EXTENSION_KEYWORD,
  post: true,
  compile(extension: Extension, parent): DataValidateFunction {
    const login = extension.credentials?.password?.identifier === true;
    const verification = viaOf(extension.verification, 'verification');
    const recovery = viaOf(extension.recovery, 'recovery');
    const isPhone = (parent as { format?: string }).format === 'tel' || verification === 'sms' || recovery === 'sms';

    const validate: DataValidateFunction = function (this: unknown, data: JsonValue): boolean {
      if (data === null || data === '') return true;
      const text = typeof data === 'number' ? String(data) : data;
      if (typeof text !== 'string') return fail(validate, 'must be a string');
      const collected = isCollector(this) ? this : undefined;

      for (const [via, list] of [
        [verification, collected?.verifiable],
        [recovery, collected?.recovery],
      ] as const) {
        if (!via) continue;
        const value = normalizeAddress(via, text);
        if (value === undefined) return fail(validate, `must be ${formatInWords(via === 'sms' ? 'tel' : via)}`);
        if (list && !list.some((known) => known.via === via && known.value === value)) list.push({ via, value });
      }
      if (login) {
        const value = (isPhone ? normalizeAddress('sms', text) : undefined) ?? normalizeIdentifier(text);
        if (value === undefined)
          return fail(validate, `must have 1 to ${MAX_IDENTIFIER_LENGTH} characters, all visible`);
        if (collected && !collected.identifiers.includes(value)) collected.identifiers.push(value);
      }
      return true;
    };
    return validate;
  },
};

function viaOf(part: { via?: string } | undefined, name: string): Via | undefined {
  if (part?.via === undefined || part.via === 'email' || part.via === 'sms') return part?.via;
  throw new Error(`${EXTENSION}: ${name}.via must be "email" or "sms"`);
}

function fail(validate: DataValidateFunction, text: string): false {
  // ajv adds where it was.
  validate.errors = [{ keyword: EXTENSION_KEYWORD, params: { text } }];
  return false;
}

function isCollector(value: unknown): value is DerivedAddresses {
  return typeof value === 'object' && value !== null && 'identifiers' in value;
}
