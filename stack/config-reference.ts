import type { TSchema } from '@sinclair/typebox';
import type { TextKind } from '../schemas/config/kinds.js';
import { configSchema } from '../schemas/config.js';
import { TEXT_FORMATS } from '../platform/config/formats.js';
import { keysOfSection } from '../platform/config/keys.js';
import { KRATOS_ONLY_KEYS } from '../platform/config/kratos-keys.js';

const INTRODUCTION = `# Configuration

<!-- Generated from schemas/config.ts. Do not edit; change the schema and generate again. -->

Every process takes \`--config FILE\`, a YAML (or JSON) file. Kratos' names stand for everything that Kratos names, so a
Kratos file loads as it is. [latchkey.example.yml](latchkey.example.yml) has every key with its default.

- Environment variables win over the file. Each key has one, named after its path: \`serve.public.port\` is
  \`SERVE_PUBLIC_PORT\`. A variable that is set to nothing counts as not set. Lists are separated by commas, or written as
  JSON; lists of maps, and maps, are JSON.
- A duration is written as in Go: \`90s\`, \`1h30m\`, \`500ms\`. There are no days: \`24h\`.
- A size is written \`19MB\`; one \`KB\` is 1,024 bytes.
- All mistakes are reported at once, by key. A key that nobody knows is a mistake.
- Keys that only Kratos knows are listed once at start and otherwise ignored; they are [at the end](#ignored-keys).
`;

const TABLE_HEAD = ['| key | type | default | meaning | variable |', '| --- | --- | --- | --- | --- |'];

/** The text of `docs/config.md`. The same schema gives the same text. */
export function renderConfigReference(): string {
  const sections = Object.entries(keysOfSection(configSchema) ?? {});
  const single = sections.filter(([, schema]) => keysOfSection(schema) === undefined);
  const parts = [
    INTRODUCTION,
    table(
      'General',
      '',
      single.flatMap(([name, schema]) => rows([name], schema)),
    ),
  ];
  for (const [name, schema] of sections) {
    if (keysOfSection(schema) !== undefined) parts.push(...tablesOf([name], schema));
  }
  const ignored = KRATOS_ONLY_KEYS.map((key) => `- \`${key}\``).join('\n');
  parts.push(`## Ignored keys\n\nKratos has these; each stands for all that is below it.\n\n${ignored}\n`);
  return parts.join('\n');
}

/** `selfservice` is too large for one table: its flows and methods get one each. */
function tablesOf(path: readonly string[], schema: TSchema): string[] {
  const subsections = Object.entries(keysOfSection(schema) ?? {});
  if (path[0] !== 'selfservice' || path.length > 2) return [table(path.join('.'), words(schema), rows(path, schema))];
  const own = subsections.filter(([, key]) => keysOfSection(key) === undefined);
  const ownRows = own.flatMap(([name, key]) => rows([...path, name], key));
  return [
    ...(ownRows.length > 0 ? [table(path.join('.'), words(schema), ownRows)] : []),
    ...subsections
      .filter(([, key]) => keysOfSection(key) !== undefined)
      .flatMap(([name, key]) => tablesOf([...path, name], key)),
  ];
}

function table(title: string, introduction: string, tableRows: readonly string[]): string {
  const lead = introduction === '' ? [] : [introduction, ''];
  return [`## ${title}`, '', ...lead, ...TABLE_HEAD, ...tableRows, ''].join('\n');
}

function rows(path: readonly string[], schema: TSchema): string[] {
  const keys = keysOfSection(schema);
  if (keys !== undefined) return Object.entries(keys).flatMap(([name, key]) => rows([...path, name], key));
  const variable = `\`${path.join('_').toUpperCase()}\``;
  const item = schema['items'] as TSchema | undefined;
  const itemKeys = item === undefined ? undefined : keysOfSection(item);
  return [
    row([`\`${path.join('.')}\``, typeOf(schema), defaultOf(schema), words(schema), variable]),
    ...Object.entries(itemKeys ?? {}).flatMap(([name, key]) => itemRows(`${path.join('.')}[].${name}`, key)),
  ];
}

function itemRows(path: string, schema: TSchema): string[] {
  const keys = keysOfSection(schema);
  if (keys === undefined) return [row([`\`${path}\``, typeOf(schema), '', words(schema), ''])];
  return Object.entries(keys).flatMap(([name, key]) => itemRows(`${path}.${name}`, key));
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function words(schema: TSchema): string {
  return schema.description ?? '';
}

function typeOf(schema: TSchema): string {
  const allowed = schema['enum'] as string[] | undefined;
  if (allowed !== undefined) return allowed.map((word) => `\`${word}\``).join(', ');
  switch (schema['type']) {
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
      return `whole number, ${String(schema['minimum'])} to ${String(schema['maximum'])}`;
    case 'object':
      return 'map of text';
    case 'array':
      return listTypeOf(schema['items'] as TSchema);
    default:
      return TEXT_FORMATS[(schema['format'] as TextKind | undefined) ?? 'text'].name;
  }
}

function listTypeOf(item: TSchema): string {
  return keysOfSection(item) === undefined ? `list of: ${typeOf(item)}` : 'list of maps';
}

function defaultOf(schema: TSchema): string {
  const computed = schema['computedDefault'] as string | undefined;
  if (computed !== undefined) return computed;
  const value: unknown = schema['default'];
  if (Array.isArray(value))
    return value.length === 0 ? 'empty' : value.map((entry) => `\`${String(entry)}\``).join(', ');
  return typeof value === 'object' ? 'empty' : `\`${String(value)}\``;
}
