import type { TSchema } from '@sinclair/typebox';
import { configSchema } from '../../schemas/config.js';
import type { ProblemList } from './errors.js';
import { CONFIG_KEYS, keysOfSection } from './keys.js';
import { KRATOS_ONLY_KEYS } from './kratos-keys.js';

/** Any map of a parsed file. */
export type Tree = Record<string, unknown>;

const KRATOS_ONLY: ReadonlySet<string> = new Set(KRATOS_ONLY_KEYS);
/** Bodies of requests: where Kratos has Jsonnet, and this service JSON with templates in it. */
const REQUEST_BODY = /\.(request_config|hooks\[\]\.config)\.body$/;

/**
 * Splits a file into what this service knows and what only Kratos knows; reports all other keys. A key without a value
 * counts as absent.
 */
export function sortKeys(tree: Tree, problems: ProblemList): { known: Tree; ignored: string[] } {
  const ignored: string[] = [];
  const known = sortSection(tree, configSchema, '', '');
  return { known, ignored: ignored.sort() };

  /** `path` is the place in the file; `pattern` the same with `[]` for every entry of a list. */
  function sortSection(section: Tree, schema: TSchema, path: string, pattern: string): Tree {
    const keys = keysOfSection(schema) ?? {};
    const kept: Tree = {};
    for (const [name, value] of Object.entries(section)) {
      const keyPath = path === '' ? name : `${path}.${name}`;
      const keyPattern = pattern === '' ? name : `${pattern}.${name}`;
      const keySchema = Object.hasOwn(keys, name) ? keys[name] : undefined;
      if (REQUEST_BODY.test(keyPattern) && isJsonnet(value)) {
        ignored.push(`${keyPath} (Jsonnet)`);
      } else if (keySchema !== undefined) {
        if (value !== null) kept[name] = sortValue(value, keySchema, keyPath, keyPattern);
      } else if (KRATOS_ONLY.has(keyPattern)) {
        ignored.push(keyPath);
      } else {
        problems.add(keyPath, `is not a key that this service knows${suggestion(name, pattern, Object.keys(keys))}`);
      }
    }
    return kept;
  }

  function sortValue(value: unknown, schema: TSchema, path: string, pattern: string): unknown {
    if (keysOfSection(schema) !== undefined && isTree(value)) return sortSection(value, schema, path, pattern);
    const item = schema['items'] as TSchema | undefined;
    if (item === undefined || !Array.isArray(value)) return value;
    return value.map((entry: unknown, index) => sortValue(entry, item, `${path}[${index}]`, `${pattern}[]`));
  }
}

/** True for a map, which a list and a null are not. */
export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for the address or text of a Jsonnet program, as Kratos has it. */
function isJsonnet(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (/^https?:\/\//.test(value) || /\.jsonnet$/.test(value)) return true;
  if (!value.startsWith('base64://')) return false;
  const text = Buffer.from(value.slice('base64://'.length), 'base64').toString('utf8');
  return /\bfunction\s*\(/.test(text) && !/^\s*["{[]/.test(text);
}

/** Words that name the key that was probably meant: one spelt alike in the same place, or the same one elsewhere. */
function suggestion(name: string, pattern: string, siblings: readonly string[]): string {
  const below = pattern === '' ? '' : `${pattern}.`;
  const kratosSiblings = KRATOS_ONLY_KEYS.filter((key) => key.startsWith(below))
    .map((key) => key.slice(below.length))
    .filter((key) => !/[.[]/.test(key));
  const alike = [...siblings, ...kratosSiblings]
    .map((candidate) => ({ candidate, edits: editDistance(name, candidate) }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.floor(Math.min(name.length, candidate.length) / 3)))
    .sort((a, b) => a.edits - b.edits)[0];
  if (alike !== undefined) return `; did you mean "${alike.candidate}"?`;
  const elsewhere = CONFIG_KEYS.filter((key) => key.path === name || key.path.endsWith(`.${name}`));
  const [only] = elsewhere;
  return only !== undefined && elsewhere.length === 1 ? `; did you mean "${only.path}"?` : '';
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= a.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      rows[row]?.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + same,
          swapped ? at(row - 2, column - 2) + 1 : Infinity,
        ),
      );
    }
  }
  return at(a.length, b.length);
}
