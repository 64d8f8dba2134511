import type { JsonObject, JsonValue } from '../schemas/json.js';

/** One input of a profile form, drawn from a trait. */
export interface TraitField {
  /** Form name, such as `traits.name.first`. */
  name: string;
  type: 'text' | 'email' | 'tel' | 'number' | 'checkbox' | 'url' | 'date' | 'datetime-local';
  title: string;
  /** True when the trait, and every object around it, is required. */
  required: boolean;
  autocomplete?: string;
}

const BY_FORMAT: Record<string, TraitField['type']> = {
  email: 'email',
  tel: 'tel',
  uri: 'url',
  date: 'date',
  'date-time': 'datetime-local',
};
const AUTOCOMPLETE: Partial<Record<TraitField['type'], string>> = { email: 'email', tel: 'tel', url: 'url' };
/** A schema that refers to itself has no end; no form is this deep. */
const MAX_DEPTH = 8;

/** The form inputs of an identity schema, in its order: single values, also those inside objects. Lists have none. */
export function traitFields(schema: JsonObject): TraitField[] {
  const traits = resolve(schema, objectAt(objectAt(schema, 'properties'), 'traits'));
  return traits ? fieldsOf(schema, traits, 'traits', true, 0) : [];
}

function fieldsOf(root: JsonObject, parent: JsonObject, path: string, required: boolean, depth: number): TraitField[] {
  if (depth > MAX_DEPTH) return [];
  const needed = Array.isArray(parent.required) ? parent.required : [];
  return Object.entries(objectAt(parent, 'properties') ?? {}).flatMap(([key, value]) => {
    const trait = resolve(root, isObject(value) ? value : undefined);
    if (!trait) return [];
    const name = `${path}.${key}`;
    const isNeeded = required && needed.includes(key);
    if (isObject(trait.properties)) return fieldsOf(root, trait, name, isNeeded, depth + 1);
    const type = inputType(trait);
    if (!type) return [];
    const autocomplete = AUTOCOMPLETE[type];
    const title = typeof trait.title === 'string' ? trait.title : key;
    return [{ name, type, title, required: isNeeded, ...(autocomplete && { autocomplete }) }];
  });
}

function inputType(trait: JsonObject): TraitField['type'] | undefined {
  const types = Array.isArray(trait.type) ? trait.type : [trait.type];
  if (types.includes('object') || types.includes('array')) return undefined;
  if (types.includes('boolean')) return 'checkbox';
  if (types.includes('number') || types.includes('integer')) return 'number';
  return (typeof trait.format === 'string' ? BY_FORMAT[trait.format] : undefined) ?? 'text';
}

/** Follows `$ref` within the schema (`#/definitions/name`). */
function resolve(root: JsonObject, schema: JsonObject | undefined): JsonObject | undefined {
  let found = schema;
  for (let hops = 0; found && typeof found.$ref === 'string' && hops < MAX_DEPTH; hops++) {
    let target: JsonValue | undefined = root;
    for (const token of found.$ref.replace(/^#\/?/, '').split('/').filter(Boolean)) {
      const name = decodeURIComponent(token).replace(/~1/g, '/').replace(/~0/g, '~');
      target = isObject(target) ? target[name] : undefined;
    }
    found = isObject(target) ? target : undefined;
  }
  return found;
}

function objectAt(parent: JsonObject | undefined, key: string): JsonObject | undefined {
  const value = parent?.[key];
  return isObject(value) ? value : undefined;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
