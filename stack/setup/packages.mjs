// The npm packages. Dependency-free.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../engines/run.mjs';

/**
 * True when what npm says it installed is what the lockfile asks for. Compares contents, since a fresh checkout says
 * nothing by its file times. Packages for other platforms are allowed to be absent.
 */
export function packagesAreFresh(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === null || installed === null) return false;
  const changed = Object.entries(wanted).some(([path, entry]) => {
    if (path === '') return false;
    const has = installed[path];
    if (has === undefined) return !entry.optional && !entry.inBundle;
    return has.version !== entry.version || has.integrity !== entry.integrity;
  });
  return !changed && Object.keys(installed).every((path) => wanted[path] !== undefined);
}

/**
 * `npm ci`. Install scripts of packages do not run: the only one that this project needs makes the library links of
 * Postgres, and set-up makes those itself.
 *
 * `npm ci` refuses a lockfile that lacks packages for platforms other than this one, which a registry without them
 * leads to; then `npm install` puts in the same versions.
 */
export async function installPackages(root, note) {
  const onLine = (line) => note(line.slice(0, 100));
  try {
    await npm(['ci'], root, onLine);
  } catch (error) {
    if (!String(error.output).includes('EUSAGE')) throw error;
    note('the lockfile is not complete, so by npm install');
    await npm(['install', '--no-save'], root, onLine);
  }
}

/** Runs the npm that started us, or the one on PATH. */
async function npm(args, root, onLine) {
  const all = [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const script = process.env.npm_execpath;
  const options = { cwd: root, env: childEnvironment(), onLine };
  if (script !== undefined && /npm-cli\.c?js$/.test(script)) await run(process.execPath, [script, ...all], options);
  else await run('npm', all, options);
}

/** Without what the npm that started us has set about its own command. */
function childEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(lifecycle|command|package)/.test(name)),
  );
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}
