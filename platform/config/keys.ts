import type { TSchema } from '@sinclair/typebox';
import { configSchema } from '../../schemas/config.js';

/** A key of the configuration file that holds a value. */
export interface ConfigKey {
  /** Dotted path, such as `serve.public.port`. */
  readonly path: string;
  /** The environment variable that overrides it, such as `SERVE_PUBLIC_PORT`. */
  readonly variable: string;
  readonly schema: TSchema;
}

/** All keys that hold a value, in the order of the schema. */
export const CONFIG_KEYS: readonly ConfigKey[] = leavesOf(configSchema, []);

/** The environment variables that the loader reads. */
export function knownEnvironmentNames(): string[] {
  return CONFIG_KEYS.map((key) => key.variable);
}

/** The keys of a section; undefined for anything that is not a section. */
export function keysOfSection(schema: TSchema): Readonly<Record<string, TSchema>> | undefined {
  return schema['properties'] as Record<string, TSchema> | undefined;
}

function leavesOf(schema: TSchema, path: readonly string[]): ConfigKey[] {
  const keys = keysOfSection(schema);
  if (keys !== undefined) return Object.entries(keys).flatMap(([name, value]) => leavesOf(value, [...path, name]));
  return [{ path: path.join('.'), variable: path.join('_').toUpperCase(), schema }];
}
