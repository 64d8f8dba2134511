import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectRoot } from '../platform/paths.js';

/** The programs that set-up finds or builds. */
export type EngineName = 'temporal' | 'test-server';

const VARIABLES: Record<EngineName, string> = {
  temporal: 'LATCHKEY_TEMPORAL_CLI',
  'test-server': 'LATCHKEY_TEST_SERVER',
};

/** Folder of everything that set-up fetches or builds: `LATCHKEY_CACHE_DIR`, or `.cache` in the project. */
export function cacheFolder(): string {
  return resolve(projectRoot, process.env['LATCHKEY_CACHE_DIR'] || '.cache');
}

/**
 * Path of an engine: the environment variable of that engine, or what set-up wrote into `engines.json`.
 * @throws Error that says how to set up, when there is none
 */
export function enginePath(name: EngineName): string {
  const given = process.env[VARIABLES[name]];
  if (given !== undefined && given !== '') return given;
  const recorded = readRecord()[name]?.path;
  if (recorded !== undefined && existsSync(recorded)) return recorded;
  const command = name === 'temporal' ? 'node stack/setup.mjs' : 'node stack/setup.mjs --test';
  throw new Error(`No ${name} program is set up. Run \`${command}\`, or name one in ${VARIABLES[name]}.`);
}

function readRecord(): Partial<Record<EngineName, { path: string }>> {
  try {
    return JSON.parse(readFileSync(join(cacheFolder(), 'engines.json'), 'utf8')) as Partial<
      Record<EngineName, { path: string }>
    >;
  } catch {
    return {};
  }
}
