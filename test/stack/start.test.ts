import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../platform/paths.js';
import { isAlive, waitForEnd } from '../../stack/process-table.js';

const START_MS = 90_000;
const ALL_PORTS_FREE = Object.fromEntries(
  [
    'SERVE_PUBLIC_PORT',
    'SERVE_ADMIN_PORT',
    'STACK_POSTGRES_PORT',
    'STACK_TEMPORAL_PORT',
    'STACK_TEMPORAL_UI_PORT',
    'STACK_SMTP_PORT',
    'STACK_INBOX_PORT',
  ].map((name) => [name, '0']),
);

/** One `npm start`, as its own process. */
interface Run {
  readonly pid: number;
  /** Resolves when it is ready; rejects when it ends before. */
  readonly ready: Promise<{ publicApi: string; adminApi: string }>;
  readonly exited: Promise<number | null>;
  output(): string;
  kill(signal: NodeJS.Signals): void;
}

let folder: string;
const runs: Run[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-start-'));
  // Run by root, Postgres has an account of its own that must get in here.
  await chmod(folder, 0o755);
});

afterEach(async () => {
  for (const run of runs.splice(0)) {
    run.kill('SIGTERM');
    await run.exited;
  }
  await rm(folder, { recursive: true });
});

function start(env: Record<string, string> = {}, data = 'data'): Run {
  const child = spawn(process.execPath, [join(projectRoot, 'dist', 'stack', 'start.js')], {
    env: { ...process.env, ...ALL_PORTS_FREE, STACK_DATA_DIR: join(folder, data), ...env },
  });
  let output = '';
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  const ready = new Promise<{ publicApi: string; adminApi: string }>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      if (!output.includes('Ready after')) return;
      const at = (name: string): string => new RegExp(`${name} +(http://[^\\s]+)`).exec(output)?.[1] ?? '';
      resolve({ publicApi: at('Public API'), adminApi: at('Admin API') });
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    void exited.then(() => reject(new Error(output)));
  });
  ready.catch(() => undefined);
  const run: Run = {
    pid: child.pid ?? 0,
    ready,
    exited,
    output: () => output,
    kill: (signal) => child.kill(signal),
  };
  runs.push(run);
  return run;
}

async function createPerson(adminApi: string): Promise<string> {
  const response = await fetch(`${adminApi}/admin/identities`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ schema_id: 'default', traits: { email: 'ada@example.org' } }),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

/** The processes that a stack has started: its guardian knows when they are gone. */
async function guardianOf(data: string): Promise<number> {
  return (JSON.parse(await readFile(join(folder, data, 'stack.json'), 'utf8')) as { guardian: number }).guardian;
}

describe('a stack', () => {
  it('comes up on an empty folder, stops cleanly, and finds its people again', { timeout: START_MS }, async () => {
    const first = start();
    const { publicApi, adminApi } = await first.ready;
    expect((await fetch(`${publicApi}/health/ready`)).status).toBe(200);
    expect((await fetch(`${adminApi}/health/ready`)).status).toBe(200);
    const id = await createPerson(adminApi);
    const guardian = await guardianOf('data');
    first.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    expect(await waitForEnd(guardian, 5_000)).toBe(true);

    const second = start();
    const again = await second.ready;
    expect((await fetch(`${again.adminApi}/admin/identities/${id}`)).status).toBe(200);
    second.kill('SIGINT');
    expect(await second.exited).toBe(0);
  });

  it('leaves nothing running when it is killed, and starts again at once', { timeout: START_MS }, async () => {
    const first = start();
    const id = await createPerson((await first.ready).adminApi);
    const guardian = await guardianOf('data');
    const postgres = Number.parseInt(
      await readFile(join(folder, 'data', 'postgres', 'cluster', 'postmaster.pid'), 'utf8'),
      10,
    );
    expect(isAlive(postgres)).toBe(true);
    first.kill('SIGKILL');
    await first.exited;

    const second = start();
    const { adminApi } = await second.ready;
    expect(isAlive(guardian)).toBe(false);
    expect(isAlive(postgres)).toBe(false);
    expect((await fetch(`${adminApi}/admin/identities/${id}`)).status).toBe(200);
  });

  it('runs beside another one, but not in the same folder', { timeout: START_MS }, async () => {
    const [first, second] = [start({}, 'one'), start({}, 'two')];
    const [one, two] = await Promise.all([first.ready, second.ready]);
    expect(one.publicApi).not.toBe(two.publicApi);
    const third = start({}, 'one');
    expect(await third.exited).toBe(1);
    expect(third.output()).toContain(`in use by another stack (process ${first.pid})`);
    expect(third.output()).toContain('STACK_DATA_DIR');
  });

  it('says which port is taken and what changes it', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const run = start({ SERVE_PUBLIC_PORT: String(port) });
    expect(await run.exited).toBe(1);
    server.close();
    expect(run.output()).toContain(`Port ${port} (public API) is taken`);
    expect(run.output()).toContain('serve.public.port');
    expect(run.output()).toContain('SERVE_PUBLIC_PORT');
  });

  it('that is stopped while it starts leaves nothing behind', { timeout: START_MS }, async () => {
    const run = start();
    while (!run.output().includes('Postgres is up')) await new Promise((resolve) => setTimeout(resolve, 20));
    const guardian = await guardianOf('data');
    run.kill('SIGTERM');
    expect(await run.exited).toBe(0);
    expect(run.output()).toContain('Stopped before everything was up.');
    expect(await waitForEnd(guardian, 5_000)).toBe(true);
  });
});
