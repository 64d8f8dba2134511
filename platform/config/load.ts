import { dirname, resolve } from 'node:path';
import type { Config } from './config.js';
import { applyEnvironment, variablesInUse } from './environment.js';
import type { Environment } from './environment.js';
import { ProblemList } from './errors.js';
import { sortKeys } from './known-keys.js';
import { readConfigFile } from './read-file.js';
import { resolveConfig } from './resolve.js';
import { checkRules } from './rules.js';
import type { NeededKey } from './rules.js';
import { completeAndValidate } from './validate.js';

export { ConfigError } from './errors.js';
export { knownEnvironmentNames } from './keys.js';

/** Where a configuration comes from, and what it must have. */
export interface LoadOptions {
  /** The YAML file; without one, only the environment and the defaults count. */
  readonly file?: string | undefined;
  readonly env: Environment;
  /** Lets `secrets.default` be empty: for a caller that makes secrets itself, or needs none. */
  readonly allowMissingSecrets?: boolean;
  /** Keys without which this caller cannot work, beside `secrets.default`. */
  readonly needs?: readonly NeededKey[];
}

export interface LoadedConfig {
  /** Complete, and frozen all the way down. */
  readonly config: Config;
  /** Keys in the file that Kratos knows and this service leaves out, to be logged once. */
  readonly ignored: string[];
}

/**
 * Reads, completes and checks the configuration: the file, then over it the environment, then defaults.
 * @throws ConfigError listing everything that is wrong
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const problems = new ProblemList(variablesInUse(options.env));
  const tree = options.file === undefined ? {} : readConfigFile(options.file);
  applyEnvironment(tree, options.env, problems);
  const { known, ignored } = sortKeys(tree, problems);
  const file = completeAndValidate(known, problems);
  const needs = options.needs ?? [];
  checkRules(file, options.allowMissingSecrets === true ? needs : [...needs, 'secrets.default'], problems);
  const folder = options.file === undefined ? process.cwd() : dirname(resolve(options.file));
  const config = resolveConfig(file, folder, problems);
  if (!problems.isEmpty) throw problems.toError();
  return { config: deepFreeze(config), ignored };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
