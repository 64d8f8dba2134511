// The order in which an engine is looked for. Dependency-free.
import { readFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isProgram } from './context.mjs';

/**
 * One way to an engine. `find` returns a path, or null with the reason why this way leads nowhere given to `because`.
 * A way that is `binding` was chosen by hand: when it fails, that is an error and no reason to look elsewhere.
 * @typedef {object} Way
 * @property {string} title
 * @property {(because: (reason: string) => void) => Promise<string | null>} find
 * @property {boolean} [binding]
 */

/** No way led to an engine. The message names each way tried, and what to install. */
export class EngineError extends Error {}

/**
 * Takes the first way that works.
 *
 * @param {string} name What is looked for, for the message.
 * @param {Way[]} ways
 * @param {string} advice What to install when nothing works.
 * @returns {Promise<{ path: string, from: string }>}
 */
export async function resolveEngine(name, ways, advice) {
  const tried = [];
  for (const { title, find, binding } of ways) {
    let reason = 'not found';
    const path = await find((text) => {
      reason = text;
    }).catch((error) => {
      if (binding) throw new EngineError(`${title}: ${error.message}`);
      reason = error.message;
      return null;
    });
    if (path !== null) return { path, from: title };
    tried.push(`  - ${title}: ${reason}`);
  }
  throw new EngineError(
    `There is no ${name}, and none could be made. Tried, in this order:\n${tried.join('\n')}\n${advice}`,
  );
}

/** What an earlier set-up found: `{ temporal: { path, from }, 'test-server': { path, from } }`. */
export function readRecord(cache) {
  try {
    return JSON.parse(readFileSync(join(cache, 'engines.json'), 'utf8'));
  } catch {
    return {};
  }
}

/**
 * The recorded engine when it is still there. One that came from a variable does not outlive the variable.
 * @param {import('./context.mjs').Context} context
 */
export function recorded(context, name, variable) {
  const entry = readRecord(context.cache)[name];
  if (context.env[variable]) return entry?.path === context.env[variable] && isProgram(entry.path) ? entry : null;
  return entry !== undefined && entry.from !== variable && isProgram(entry.path) ? entry : null;
}

/** Writes a find down for the programs that come later, such as the supervisor and the tests. */
export function record(cache, name, entry) {
  mkdirSync(cache, { recursive: true });
  const file = join(cache, 'engines.json');
  const half = `${file}.${process.pid}`;
  writeFileSync(half, `${JSON.stringify({ ...readRecord(cache), [name]: entry }, null, 2)}\n`);
  renameSync(half, file);
}
