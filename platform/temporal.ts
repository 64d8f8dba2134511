import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config/config.js';
import { projectRoot } from './paths.js';

/** Connection options that the client (API) and the worker share. */
export function temporalConnectionOptions(temporal: Config['temporal']): {
  address: string;
  tls: boolean;
  apiKey?: string;
} {
  const { address, tls, apiKey } = temporal;
  return { address, tls: tls || apiKey !== null, ...(apiKey !== null && { apiKey }) };
}

/** The service's version, from package.json. */
export const version: string = (
  JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }
).version;
