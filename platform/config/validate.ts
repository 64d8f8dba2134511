import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import type { TSchema } from '@sinclair/typebox';
import { configSchema } from '../../schemas/config.js';
import type { ConfigFile } from '../../schemas/config.js';
import type { TextKind } from '../../schemas/config/kinds.js';
import type { ProblemList } from './errors.js';
import { TEXT_FORMATS } from './formats.js';
import { CONFIG_KEYS, keysOfSection } from './keys.js';
import { isTree } from './known-keys.js';
import type { Tree } from './known-keys.js';

const LONGEST_QUOTE = 80;

const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true });
ajv.addVocabulary(['computedDefault']);
for (const [kind, { problem }] of Object.entries(TEXT_FORMATS)) {
  ajv.addFormat(kind, { type: 'string', validate: (text: string) => problem(text) === null });
}
const check = ajv.compile<ConfigFile>(configSchema);

/**
 * Fills in defaults and reports every value that does not fit. Values that do not fit are replaced by their defaults,
 * so that rules between the remaining ones can still be looked at.
 */
export function completeAndValidate(tree: Tree, problems: ProblemList): ConfigFile {
  fillDefaults(tree, configSchema);
  if (check(tree)) return tree;
  const errors = check.errors ?? [];
  for (const error of errors) {
    const { path, text } = describe(error);
    problems.add(dotted(path), text);
    remove(tree, path);
  }
  fillDefaults(tree, configSchema);
  if (check(tree)) return tree;
  throw new Error('The defaults of the configuration do not fit its schema.');
}

function fillDefaults(section: Tree, schema: TSchema): void {
  for (const [name, key] of Object.entries(keysOfSection(schema) ?? {})) {
    if (keysOfSection(key) !== undefined) {
      section[name] ??= {};
      if (isTree(section[name])) fillDefaults(section[name], key);
    } else if (key['default'] !== undefined) {
      section[name] ??= structuredClone(key['default']);
    }
  }
}

/** Takes out the whole key that a path lies in, or the section if there is no such key. */
function remove(tree: Tree, path: readonly string[]): void {
  const key = CONFIG_KEYS.find(({ path: keyPath }) => `${path.join('.')}.`.startsWith(`${keyPath}.`));
  const names = key?.path.split('.') ?? path;
  const parent = names.slice(0, -1).reduce<unknown>((node, name) => (isTree(node) ? node[name] : undefined), tree);
  if (isTree(parent)) delete parent[names.at(-1) ?? ''];
}

function describe(error: ErrorObject): { path: string[]; text: string } {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const params = error.params as Record<string, unknown>;
  const value = quote(error);
  switch (error.keyword) {
    case 'type':
      return { path, text: `${value} is not ${typeWords(error.parentSchema)}` };
    case 'format':
      return { path, text: `${value} ${formatProblem(params['format'], error.data)}` };
    case 'enum':
      return { path, text: `${value} is not one of ${(params['allowedValues'] as string[]).join(', ')}` };
    case 'minimum':
      return { path, text: `${value} is less than ${String(params['limit'])}` };
    case 'maximum':
      return { path, text: `${value} is more than ${String(params['limit'])}` };
    case 'minItems':
      return { path, text: 'is empty; name at least one' };
    case 'uniqueItems':
      return { path, text: `entries ${[params['i'], params['j']].sort().join(' and ')} are the same` };
    case 'required':
      return { path: [...path, String(params['missingProperty'])], text: 'is missing' };
    case 'additionalProperties':
      return { path: [...path, String(params['additionalProperty'])], text: 'is not the name of a header' };
    default:
      return { path, text: 'has control characters in it' };
  }
}

function formatProblem(kind: unknown, text: unknown): string {
  return TEXT_FORMATS[kind as TextKind].problem(String(text)) ?? '';
}

/** The value at fault; lists, sections and secrets are never repeated. */
function quote({ parentSchema, data }: ErrorObject): string {
  const type: unknown = parentSchema?.['type'];
  if (parentSchema?.['writeOnly'] === true || type === 'object' || type === 'array') return 'the value';
  const json = JSON.stringify(data) ?? 'the value';
  return json.length > LONGEST_QUOTE ? `${json.slice(0, LONGEST_QUOTE)}…` : json;
}

function typeWords(schema: ErrorObject['parentSchema']): string {
  if (schema?.['properties'] !== undefined) return 'a section; it holds keys of its own';
  const expected = /^is not (.*)/.exec(formatProblem(schema?.['format'] ?? 'text', ''))?.[1];
  if (schema?.['type'] === 'string' && expected !== undefined) return expected;
  const words: Record<string, string> = {
    boolean: 'true or false',
    integer: 'a whole number',
    array: 'a list',
    object: 'a map',
    string: 'text; put it in quotes',
  };
  return words[String(schema?.['type'])] ?? 'of the right type';
}

/** RFC 6901 section 4. */
function unescapePointer(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** `['a', 'b', '0', 'c']` as `a.b[0].c`. */
function dotted(path: readonly string[]): string {
  return path.reduce(
    (text, name) => (/^\d+$/.test(name) ? `${text}[${name}]` : text === '' ? name : `${text}.${name}`),
    '',
  );
}
