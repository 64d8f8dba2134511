// The build: TypeScript into `dist`, and the workflows' bundle. Dependency-free.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../engines/run.mjs';

const SOURCES = ['schemas', 'workflows', 'activities', 'platform', 'api', 'worker', 'cli', 'stack'];
const SETTINGS = ['tsconfig.json', 'package-lock.json'];
const STAMP = join('dist', '.built-from.json');

/** Size and time of every file that the build reads. */
function sourceState(root) {
  const state = {};
  const add = (path) => {
    const { mtimeMs, size } = statSync(join(root, path));
    state[path] = `${Math.floor(mtimeMs)} ${size}`;
  };
  for (const folder of SOURCES) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && /\.c?ts$/.test(entry.name)) {
        add(join(entry.parentPath.slice(root.length + 1), entry.name));
      }
    }
  }
  for (const file of SETTINGS) add(file);
  return state;
}

function lastState(root) {
  try {
    return JSON.parse(readFileSync(join(root, STAMP), 'utf8'));
  } catch {
    return null;
  }
}

export function buildIsFresh(root) {
  const last = lastState(root);
  const now = sourceState(root);
  return (
    last !== null &&
    Object.keys(last).length === Object.keys(now).length &&
    Object.entries(now).every(([path, state]) => last[path] === state)
  );
}

/**
 * Compiles what changed, then bundles the workflows. What was made from sources that have gone since goes too. The
 * stamp changes only when all went well, so that a build that failed is tried again.
 */
export async function build(root, note) {
  const state = sourceState(root);
  const gone = Object.keys(lastState(root) ?? {}).filter((path) => state[path] === undefined);
  for (const path of gone) {
    const made = join(root, 'dist', path.replace(/ts$/, 'js'));
    rmSync(made, { force: true });
    rmSync(`${made}.map`, { force: true });
  }
  note('compiling');
  await run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'], { cwd: root });
  note('bundling the workflows');
  await run(process.execPath, [join('dist', 'worker', 'bundle.js')], { cwd: root });
  writeFileSync(join(root, STAMP), JSON.stringify(state));
}
