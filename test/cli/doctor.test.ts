import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { version } from '../../platform/temporal.js';
import { freePort } from '../../stack/ports.js';
import { startTemporalServer } from '../../stack/temporal.js';
import type { CliOptions, CliResult } from '../support/cli.js';
import { cli } from '../support/cli.js';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';

let harness: Harness;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-doctor-'));
  harness = await startHarness();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await harness.stop();
});

function fileWith(content: unknown): string {
  const file = join(folder, 'latchkey.yml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(content));
  return file;
}

function doctor(argv: string[] = [], options: CliOptions = {}): Promise<CliResult> {
  const env = { LATCHKEY_ADMIN_URL: harness.adminUrl, LATCHKEY_PUBLIC_URL: harness.publicUrl, ...options.env };
  return cli(['doctor', ...argv], { ...options, env });
}

function results({ json }: CliResult): Record<string, string> {
  return Object.fromEntries(
    (json.checks as { name: string; result: string }[]).map(({ name, result }) => [name, result]),
  );
}

function check({ json }: CliResult, name: string): { result: string; found: string; next?: string } | undefined {
  return (json.checks as { name: string; result: string; found: string }[]).find((one) => one.name === name);
}

describe('latchkey doctor', () => {
  it('finds all well where it is', async () => {
    const { hostname, port } = new URL(`http://${harness.config.temporal.address}`);
    const file = fileWith({
      dsn: 'postgres://localhost/latchkey',
      secrets: { default: ['a-secret-of-some-length'] },
      courier: { smtp: { connection_uri: 'smtp://localhost:25/' } },
      serve: { public: { base_url: harness.publicUrl }, admin: { base_url: harness.adminUrl } },
      temporal: { address: `${hostname}:${port}`, namespace: harness.config.temporal.namespace },
    });
    // The addresses come from the file.
    const answer = await cli(['doctor', '--config', file]);
    expect(results(answer)).toEqual({
      Configuration: 'ok',
      'Admin port': 'ok',
      'Admin port, ready': 'ok',
      'Admin key': 'ok',
      Versions: 'ok',
      'Public port': 'ok',
      'Public port, ready': 'ok',
      'Public port, right one': 'ok',
      Clocks: 'ok',
      'Search attributes': 'ok',
    });
    expect(answer).toMatchObject({ exit: 0, json: { ok: true } });
  });

  it('tells people line by line, with what to do', async () => {
    const { exit, stdout } = await doctor([], { tty: true });
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^skipped {2}Configuration +not looked at\n +Give --config FILE\.$/m);
    expect(stdout).toMatch(/^ok +Versions +service and command line are /m);
    expect(stdout).toMatch(/All is well\.\n$/);
  });

  it('lists every mistake in the configuration', async () => {
    const file = fileWith({ serve: { admin: { host: '0.0.0.0' } }, limits: { body_size: 'big' }, nonsense: 1 });
    const answer = await doctor(['-c', file]);
    const found = (answer.json.checks as { name: string; found: string }[]).filter(
      ({ name }) => name === 'Configuration',
    );
    expect(found.map((one) => one.found)).toEqual([
      expect.stringContaining('nonsense'),
      expect.stringContaining('limits.body_size'),
      expect.stringContaining('serve.admin.host'),
    ]);
    expect(answer.exit).toBe(1);
    expect(results(answer)['Search attributes']).toBe('skipped');
    expect((await doctor(['-c', join(folder, 'none.yml')])).exit).toBe(1);
  });

  it('warns of what the service would miss, and of what has no effect', async () => {
    const answer = await doctor(['-c', fileWith({ sqa_opt_out: undefined, 'sqa-opt-out': true })]);
    const warnings = (answer.json.checks as { result: string; found: string }[]).filter(
      ({ result }) => result === 'warning',
    );
    expect(warnings.map(({ found }) => found).join()).toMatch(/secrets\.default, dsn.*sqa-opt-out/s);
  });

  it('names what is away', async () => {
    await harness.stopWorkers();
    try {
      // The server forgets a worker that shuts down at once.
      await expect.poll(async () => results(await doctor())['Admin port, ready'], { timeout: 90_000 }).toBe('failed');
      const answer = await doctor();
      expect(check(answer, 'Public port, ready')).toMatchObject({
        found: expect.stringContaining('No worker is polling') as string,
        next: expect.stringContaining('worker') as string,
      });
      expect(answer.exit).toBe(1);
    } finally {
      await harness.startWorkers();
    }
  }, 120_000);

  it('sees ports that are not there, and ports that are mixed up', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const away = await doctor([], { env: { LATCHKEY_ADMIN_URL: nowhere, LATCHKEY_PUBLIC_URL: nowhere } });
    expect(results(away)).toEqual({
      Configuration: 'skipped',
      'Admin port': 'failed',
      'Public port': 'failed',
      'Search attributes': 'skipped',
    });
    expect(check(away, 'Admin port')?.found).toContain('ECONNREFUSED');
    const swapped = await doctor([], {
      env: { LATCHKEY_ADMIN_URL: harness.publicUrl, LATCHKEY_PUBLIC_URL: harness.adminUrl },
    });
    expect(check(swapped, 'Admin port, right one')).toMatchObject({
      result: 'failed',
      next: expect.stringContaining(harness.adminUrl) as string,
    });
    expect(results(swapped)['Public port, right one']).toBe('failed');
  });

  it('sees a key that is not taken', async () => {
    const answer = await doctor([], { env: { LATCHKEY_ADMIN_KEY: `lk_machine_${'x'.repeat(43)}` } });
    expect(check(answer, 'Admin key')).toMatchObject({
      result: 'failed',
      found: expect.stringContaining('no machine') as string,
    });
  });

  it('sees another version, and a clock that is off', async () => {
    const server = createServer((request, response) => {
      response.setHeader('date', new Date(Date.now() - 60_000).toUTCString());
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.url?.endsWith('/version') ? { version: '0.0.1' } : { status: 'ok' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const answer = await doctor(['--public-url', url, '--admin-url', url]);
    expect(check(answer, 'Versions')).toMatchObject({
      result: 'warning',
      found: `the service is 0.0.1, this command line ${version}`,
    });
    expect(check(answer, 'Clocks')).toMatchObject({
      result: 'failed',
      found: expect.stringMatching(/^the service is (59|60|61) s behind/) as string,
    });
    server.closeAllConnections();
    server.close();
  });

  it('sees a Temporal that lacks the search attributes, and one that is not there', async () => {
    const bare = await startTemporalServer({
      port: null,
      uiPort: null,
      dbFile: null,
      namespace: 'default',
      logLevel: 'error',
    });
    try {
      const lacking = await doctor(['-c', fileWith({ temporal: { address: bare.address } })]);
      expect(check(lacking, 'Search attributes')).toMatchObject({
        result: 'failed',
        found: expect.stringContaining('LatchkeyKind') as string,
        next: expect.stringContaining('--name LatchkeyExpiresAt --type Datetime') as string,
      });
    } finally {
      await bare.stop();
    }
    const away = await doctor(['-c', fileWith({ temporal: { address: `127.0.0.1:${await freePort()}` } })]);
    expect(check(away, 'Search attributes')).toMatchObject({
      result: 'failed',
      found: expect.stringContaining('does not answer') as string,
    });
  });
});
