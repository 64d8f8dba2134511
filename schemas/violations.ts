import type { ErrorObject } from 'ajv';

/** One thing that is wrong with a value. */
export interface Violation {
  /** Where, in form notation: `traits.name.first`, `identities.3.create`. Empty for the whole value. */
  path: string;
  /** The JSON Schema keyword that was violated. */
  keyword: string;
  /** What is wrong, to be read after the path. Names the rule, never the value: a value may be personal. */
  text: string;
}

/** Names of properties can come from the request; a longer one is cut. */
const MAX_SHOWN_NAME = 64;
/** More than these are not told at once. */
const MAX_SHOWN_VIOLATIONS = 5;

/** Puts a finding of ajv into our words. */
export function toViolation(error: ErrorObject): Violation {
  const parameters = error.params as Record<string, unknown>;
  const own = error.instancePath.split('/').slice(1).map(unescapePointer);
  const inner = parameters.missingProperty ?? parameters.additionalProperty ?? parameters.unevaluatedProperty;
  const names = typeof inner === 'string' ? [...own, inner] : own;
  return { path: pathInWords(names), keyword: error.keyword, text: words(error.keyword, parameters) };
}

/** One line for an error's `reason`. */
export function violationsInWords(violations: readonly Violation[]): string {
  const told = violations.slice(0, MAX_SHOWN_VIOLATIONS).map(({ path, text }) => `${path || 'the body'}: ${text}`);
  const rest = violations.length - told.length;
  return told.join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

/** Names of fields as one path, fit to be shown: long names cut, invisible letters replaced. */
export function pathInWords(names: readonly string[]): string {
  return names.map(shown).join('.');
}

function words(keyword: string, parameters: Record<string, unknown>): string {
  const limit = String(parameters.limit);
  switch (keyword) {
    case 'required':
      return 'is missing';
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return 'is not a known field';
    case 'type':
      return `must be ${typeInWords(parameters.type)}`;
    case 'format':
      return `must be ${formatInWords(String(parameters.format))}`;
    case 'enum':
      return `must be one of ${listInWords(parameters.allowedValues)}`;
    case 'const':
      return `must be ${JSON.stringify(parameters.allowedValue)}`;
    case 'minLength':
      return `must have at least ${limit} characters`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minItems':
      return `must have at least ${limit} entries`;
    case 'maxItems':
      return `must have at most ${limit} entries`;
    case 'minimum':
      return `must be at least ${limit}`;
    case 'maximum':
      return `must be at most ${limit}`;
    case 'exclusiveMinimum':
      return `must be more than ${limit}`;
    case 'exclusiveMaximum':
      return `must be less than ${limit}`;
    case 'multipleOf':
      return `must be a multiple of ${String(parameters.multipleOf)}`;
    case 'pattern':
      return 'does not have the form asked for';
    case 'uniqueItems':
      return 'must not have the same entry twice';
    case 'minProperties':
      return `must have at least ${limit} fields`;
    case 'maxProperties':
      return `must have at most ${limit} fields`;
    case 'false schema':
      return 'is not allowed';
    default:
      return 'is not valid';
  }
}

function typeInWords(types: unknown): string {
  const names = (Array.isArray(types) ? types : String(types).split(',')) as string[];
  return names
    .map((name) => (name === 'null' ? 'null' : /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`))
    .join(' or ');
}

/** A JSON Schema format in words, with its article. */
export function formatInWords(format: string): string {
  switch (format) {
    case 'email':
      return 'an e-mail address';
    case 'tel':
      return 'a telephone number';
    case 'uri':
      return 'a URL';
    case 'uuid':
      return 'a UUID';
    case 'date':
      return 'a date such as 2026-01-31';
    case 'date-time':
      return 'a time such as 2026-01-31T12:00:00Z';
    default:
      return `of the format ${format}`;
  }
}

function listInWords(values: unknown): string {
  return (values as unknown[]).map((value) => JSON.stringify(value)).join(', ');
}

function unescapePointer(token: string): string {
  return token.replace(/~1/g, '/').replace(/~0/g, '~');
}

function shown(name: string): string {
  const plain = name.replace(/\p{C}/gu, '?');
  return plain.length > MAX_SHOWN_NAME ? `${plain.slice(0, MAX_SHOWN_NAME)}...` : plain;
}
