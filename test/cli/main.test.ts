import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../platform/paths.js';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import { createPerson } from '../support/story.js';

let harness: Harness;
let built: string;
let main: string;
beforeAll(async () => {
  const cache = join(projectRoot, '.cache');
  mkdirSync(cache, { recursive: true });
  built = mkdtempSync(join(cache, 'cli-'));
  main = join(built, 'cli', 'main.js');
  const options = ['--target es2023', '--module nodenext', '--types node', '--skipLibCheck', '--noCheck']
    .join(' ')
    .split(' ');
  const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [
    tsc,
    '--ignoreConfig',
    ...options,
    '--rootDir',
    projectRoot,
    '--outDir',
    built,
    join(projectRoot, 'cli/main.ts'),
  ];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(status, stdout).toBe(0);
  harness = await startHarness({ workers: false });
});
afterAll(async () => {
  rmSync(built, { recursive: true, force: true });
  await harness.stop();
});

function latchkey(...argv: string[]): Promise<{ exit: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, LATCHKEY_ADMIN_URL: harness.adminUrl };
    const child = execFile(
      process.execPath,
      [main, ...argv],
      { env, maxBuffer: 10_000_000 },
      (_error, stdout, stderr) => resolve({ exit: child.exitCode, stdout, stderr }),
    );
  });
}

describe('the built command line, as a process', () => {
  it('answers with JSON into a pipe, and with the exit code', async () => {
    const person = await createPerson(harness);
    const got = await latchkey('identities', 'get', person.email);
    expect(got).toMatchObject({ exit: 0, stderr: '' });
    expect(JSON.parse(got.stdout)).toMatchObject({ id: person.id });
    expect((await latchkey('identities', 'get', 'nobody@example.test')).exit).toBe(4);
    expect((await latchkey('identities', 'frobnicate')).exit).toBe(2);
  });

  it('is killed by nothing when its reader has had enough', () => {
    const line = `"${process.execPath}" "${main}" --help | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
    expect(stdout.split('\n').at(-2)).toBe('0');
    expect(stderr).toBe('');
  });

  it('looks after the service with doctor', async () => {
    const { stdout } = await latchkey('doctor', '--public-url', harness.publicUrl);
    expect(JSON.parse(stdout)).toMatchObject({
      checks: expect.arrayContaining([expect.objectContaining({ name: 'Versions', result: 'ok' })]),
    });
  });
});
