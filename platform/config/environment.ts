import type { TSchema } from '@sinclair/typebox';
import type { ProblemList } from './errors.js';
import { CONFIG_KEYS, keysOfSection } from './keys.js';
import type { ConfigKey } from './keys.js';
import { isTree } from './known-keys.js';
import type { Tree } from './known-keys.js';

/** The environment of a process, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that are set, by the key that each overrides. A variable that is set to nothing counts as not set. */
export function variablesInUse(env: Environment): Map<string, string> {
  const used = CONFIG_KEYS.filter((key) => (env[key.variable] ?? '').trim() !== '');
  return new Map(used.map((key) => [key.path, key.variable]));
}

/** Puts the values of environment variables over those of the file, in place, as Kratos does. */
export function applyEnvironment(tree: Tree, env: Environment, problems: ProblemList): void {
  for (const key of CONFIG_KEYS) {
    const raw = env[key.variable]?.trim();
    if (raw === undefined || raw === '') continue;
    try {
      setAt(tree, key.path.split('.'), readVariable(raw, key));
    } catch {
      problems.add(key.path, 'is not valid JSON');
    }
  }
}

/** @throws SyntaxError when the value should be JSON and is not */
function readVariable(raw: string, { path, schema }: ConfigKey): unknown {
  switch (schema['type']) {
    case 'boolean':
      return readBoolean(raw);
    case 'integer':
      return /^-?\d+$/.test(raw) ? Number(raw) : raw;
    case 'object':
      return JSON.parse(raw);
    case 'array':
      return readList(raw, path, schema);
    default:
      return raw;
  }
}

/** The spellings that Go's `strconv.ParseBool` takes, as Kratos does. Anything else is left for validation to refuse. */
function readBoolean(raw: string): boolean | string {
  if (['1', 't', 'T', 'true', 'True', 'TRUE'].includes(raw)) return true;
  return ['0', 'f', 'F', 'false', 'False', 'FALSE'].includes(raw) ? false : raw;
}

function readList(raw: string, path: string, schema: TSchema): unknown {
  if (raw.startsWith('[')) return JSON.parse(raw);
  const entries = raw
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (path === 'admin_api.keys') return entries.map(readAdminKey);
  // A list of maps has no short form, so this throws.
  return keysOfSection(schema['items'] as TSchema) === undefined ? entries : JSON.parse(raw);
}

/** `id:sha256` */
function readAdminKey(entry: string): Tree {
  const colon = entry.lastIndexOf(':');
  return colon < 0 ? { sha256: entry } : { id: entry.slice(0, colon), sha256: entry.slice(colon + 1) };
}

/** Sets a value in a tree, making maps on the way. */
export function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  let section = tree;
  for (const name of path.slice(0, -1)) {
    const next = section[name];
    if (isTree(next)) {
      section = next;
    } else {
      const made: Tree = {};
      section[name] = made;
      section = made;
    }
  }
  section[path.at(-1) ?? ''] = value;
}
