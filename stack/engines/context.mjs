// What the engine resolvers know and use. Dependency-free: this runs before anything is installed.
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root folder. */
export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * @typedef {object} Context
 * @property {NodeJS.ProcessEnv} env
 * @property {string} cache Folder that engines are put into.
 * @property {string} sharedCache A second folder of the same layout that is only looked at.
 * @property {string} downloadService Where the SDK downloads its servers from.
 * @property {string[]} goPlaces Where Go is looked for after PATH.
 * @property {import('../setup/progress.mjs').Progress} progress
 */

/**
 * @param {import('../setup/progress.mjs').Progress} progress
 * @returns {Context}
 */
export function systemContext(progress) {
  return {
    env: process.env,
    cache: resolve(projectRoot, process.env.LATCHKEY_CACHE_DIR || '.cache'),
    sharedCache: join(homedir(), '.cache', 'latchkey'),
    downloadService: 'https://temporal.download',
    goPlaces: ['/usr/local/go/bin/go', '/opt/homebrew/bin/go', '/usr/lib/go/bin/go'],
    progress,
  };
}

/** True for a file that this user may run. */
export function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Path of a program on PATH, or null. */
export function findOnPath(name, env) {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (folder !== '' && isProgram(join(folder, name))) return join(folder, name);
  }
  return null;
}
