import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv } from 'ajv';
import type { JsonObject } from '../../schemas/json.js';
import { isTree } from './known-keys.js';

/**
 * Loads the identity schema that a URL names: `file://` (absolute, or relative to `folder`) or `base64://`.
 * @throws Error whose message continues the key, such as `names a file that does not exist: /etc/person.json`
 */
export function loadIdentitySchema(url: string, folder: string): JsonObject {
  const source = url.startsWith('base64://') ? decodeBase64(url.slice(9)) : readSchemaFile(url.slice(7), folder);
  let schema: unknown;
  try {
    schema = JSON.parse(source);
  } catch {
    throw new Error('names a schema that is not JSON');
  }
  if (!isTree(schema)) throw new Error('names a schema that is not a JSON object');
  const properties = schema['properties'];
  if (!isTree(properties) || !isTree(properties['traits'])) {
    throw new Error('names a schema that does not describe "properties.traits"');
  }
  try {
    new Ajv({ strict: false, logger: false }).compile(schema);
  } catch (error) {
    throw new Error(`names something that is not a JSON Schema: ${(error as Error).message}`, { cause: error });
  }
  return schema as JsonObject;
}

/** Standard base64 or its URL-safe form, with or without padding. */
function decodeBase64(text: string): string {
  if (!/^[\w+/-]+={0,2}$/.test(text)) throw new Error('is not valid base64 after "base64://"');
  return Buffer.from(text, 'base64').toString('utf8');
}

function readSchemaFile(location: string, folder: string): string {
  let file: string;
  try {
    file = resolve(folder, decodeURIComponent(location));
  } catch {
    throw new Error('has a "%" in it that is not part of an escape such as "%20"');
  }
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Error(code === 'ENOENT' ? `names a file that does not exist: ${file}` : `names ${file}: ${code}`, {
      cause: error,
    });
  }
}
