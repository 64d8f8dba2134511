import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ownSecret, takeDataFolder } from '../../stack/data-folder.js';
import type { DataFolder } from '../../stack/data-folder.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-data-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const take = (): Promise<DataFolder> => takeDataFolder(join(folder, 'data'), () => undefined);

it('is held by one stack at a time', async () => {
  const first = await take();
  await expect(take()).rejects.toThrow(`in use by another stack (process ${process.pid})`);
  await expect(take()).rejects.toThrow('STACK_DATA_DIR');
  await first.release();
  await (await take()).release();
});

it('is free again after a stack that was killed, even when its process number is in use', async () => {
  const first = await take();
  const file = join(first.path, 'stack.json');
  await writeFile(file, JSON.stringify({ pid: process.pid, started: 'some other time', guardian: null }));
  const second = await take();
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ pid: process.pid });
  await second.release();
});

it('is free again when nobody can tell who held it', async () => {
  const first = await take();
  await writeFile(join(first.path, 'stack.json'), '');
  await (await take()).release();
});

it('keeps one secret, for its owner alone', async () => {
  const secret = await ownSecret(folder);
  expect(secret.length).toBeGreaterThanOrEqual(32);
  expect(await ownSecret(folder)).toBe(secret);
  expect((await stat(join(folder, 'secret'))).mode & 0o777).toBe(0o600);
});
