import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../../stack/engines/context.mjs';
import { record, recorded } from '../../stack/engines/resolve.mjs';
import { resolveTemporalCli } from '../../stack/engines/temporal-cli.mjs';
import { resolveTestServer } from '../../stack/engines/test-server.mjs';

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:2';

let folder: string;
let context: Context;
const cleanups: (() => void)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-engines-'));
  context = {
    env: { PATH: join(folder, 'path'), GOPROXY: NOWHERE },
    cache: join(folder, 'cache'),
    sharedCache: join(folder, 'shared'),
    downloadService: NOWHERE,
    goPlaces: [],
    progress: { step: (_title, work) => work(() => undefined), say: () => undefined },
  };
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  await rm(folder, { recursive: true });
});

async function program(path: string, script: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

function cli(path: string, server = '1.29.1'): Promise<string> {
  return program(path, `echo "temporal version 1.5.1 (Server ${server}, UI 2.42.1)"`);
}

/** A download service with one archive. */
async function downloadService(file: string, content: string): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url?.includes('/default?')) {
      response.end(
        JSON.stringify({ archiveUrl: `http://${request.headers.host}/archive.tar.gz`, fileToExtract: file }),
      );
    } else if (request.url === '/archive.tar.gz') {
      response.end(gzipSync(tar(file, content)));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function tar(name: string, content: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(content.length.toString(8).padStart(11, '0'), 124);
  return Buffer.concat([header, Buffer.from(content.padEnd(512, '\0')), Buffer.alloc(1_024)]);
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Error);
  return (error as Error).message;
}

describe('the Temporal CLI', () => {
  it('is taken from the variable, then PATH, then the cache, then the shared copy', async () => {
    const shared = await cli(join(context.sharedCache, 'bin', 'temporal'));
    expect((await resolveTemporalCli(context)).path).toBe(shared);
    const cached = await cli(join(context.cache, 'bin', 'temporal'));
    expect((await resolveTemporalCli(context)).path).toBe(cached);
    const onPath = await cli(join(folder, 'path', 'temporal'));
    expect((await resolveTemporalCli(context)).path).toBe(onPath);
    context.env['LATCHKEY_TEMPORAL_CLI'] = await cli(join(folder, 'mine'));
    expect(await resolveTemporalCli(context)).toEqual({ path: join(folder, 'mine'), from: 'LATCHKEY_TEMPORAL_CLI' });
  });

  it('passes over one whose server is too old, and one that does not run', async () => {
    await cli(join(folder, 'path', 'temporal'), '1.24.2');
    await program(join(context.cache, 'bin', 'temporal'), 'exit 1');
    const message = await messageOf(resolveTemporalCli(context));
    expect(message).toContain('`temporal` on PATH: its server is 1.24, and 1.28 is the oldest that will do');
    expect(message).toMatch(/a cached copy: .*temporal ended with code 1/);
  });

  it('is an error when the variable names something useless, and nothing else is tried', async () => {
    await cli(join(folder, 'path', 'temporal'));
    context.env['LATCHKEY_TEMPORAL_CLI'] = join(folder, 'absent');
    const message = await messageOf(resolveTemporalCli(context));
    expect(message).toBe(`LATCHKEY_TEMPORAL_CLI: it names ${join(folder, 'absent')}, but there is no such program`);
  });

  it('is downloaded where the SDK would get it', async () => {
    context.downloadService = await downloadService('bin/temporal', 'the program');
    const { path, from } = await resolveTemporalCli(context);
    expect(path).toBe(join(context.cache, 'bin', 'temporal'));
    expect(from).toContain(context.downloadService);
  });

  it('is built by Go when nothing else is reached, and found in the cache from then on', async () => {
    const go = await program(
      join(folder, 'go', 'bin', 'go'),
      `if [ "$1" = version ]; then echo go version go1.25.1 linux/amd64; exit; fi
printf '#!/bin/sh\\necho "temporal (Server 1.29.1)" # built by: %s' "$*" > "$GOBIN-file"
mkdir -p "$GOBIN"; mv "$GOBIN-file" "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"`,
    );
    context.env['PATH'] = '/usr/bin:/bin';
    context.goPlaces = [go];
    const built = await resolveTemporalCli(context);
    expect(built).toEqual({ path: join(context.cache, 'bin', 'temporal'), from: 'a build from the Go module proxy' });
    expect((await resolveTemporalCli(context)).from).toBe('a cached copy');
  });

  it('names each way tried and what to install when there is none', async () => {
    const message = await messageOf(resolveTemporalCli(context));
    const lines = message.split('\n').filter((line) => line.startsWith('  - '));
    expect(lines.slice(0, 5)).toEqual([
      '  - LATCHKEY_TEMPORAL_CLI: not set',
      '  - `temporal` on PATH: not there',
      `  - a cached copy: neither ${join(context.cache, 'bin/temporal')} nor ${join(context.sharedCache, 'bin/temporal')}`,
      expect.stringMatching(/the SDK's download \(.*127\.0\.0\.1:2 cannot be reached/),
      expect.stringMatching(/a build from the Go module proxy: .*(127\.0\.0\.1:2 cannot be reached|none is known)/),
    ]);
    expect(message).toContain('https://docs.temporal.io/cli');
    expect(message).toContain('install Go 1.25 or newer');
  });
});

describe('the time-skipping server', () => {
  it('is taken from the variable, then the cache, then the shared copy', async () => {
    const shared = await program(join(context.sharedCache, 'bin', 'temporal-test-server'), 'exit 0');
    expect((await resolveTestServer(context)).path).toBe(shared);
    const cached = await program(join(context.cache, 'bin', 'temporal-test-server'), 'exit 0');
    expect((await resolveTestServer(context)).path).toBe(cached);
    context.env['LATCHKEY_TEST_SERVER'] = await program(join(folder, 'mine'), 'exit 0');
    expect((await resolveTestServer(context)).path).toBe(join(folder, 'mine'));
  });

  it('is downloaded where the SDK would get it', async () => {
    context.downloadService = await downloadService('server/temporal-test-server', 'the program');
    expect((await resolveTestServer(context)).from).toContain(context.downloadService);
    expect((await resolveTestServer(context)).from).toBe('a cached copy');
  });

  it('is fetched by Maven and wrapped when nothing else is reached', async () => {
    await program(join(folder, 'path', 'java'), 'echo "java $*"');
    await program(
      join(folder, 'path', 'mvn'),
      'for a; do case $a in -DoutputDirectory=*) d=${a#*=}; mkdir -p "$d"; : > "$d/server.jar";; esac; done',
    );
    context.env['PATH'] = `${join(folder, 'path')}:/usr/bin:/bin`;
    const { path, from } = await resolveTestServer(context);
    expect(path).toBe(join(context.cache, 'bin', 'temporal-test-server'));
    expect(from).toContain('Maven');
  });

  it('names each way tried and what to install when there is none', async () => {
    const message = await messageOf(resolveTestServer(context));
    const lines = message.split('\n').filter((line) => line.startsWith('  - '));
    expect(lines.slice(0, 4)).toEqual([
      '  - LATCHKEY_TEST_SERVER: not set',
      `  - a cached copy: nothing in ${join(context.cache, 'bin')} or ${join(context.sharedCache, 'bin')}`,
      expect.stringMatching(/the SDK's download \(.*127\.0\.0\.1:2 cannot be reached/),
      '  - the Maven artifact io.temporal:temporal-test-server: Java and Maven (`mvn`) not found',
    ]);
    expect(message).toContain('install Java 11 or newer and Maven');
  });
});

describe('what an earlier set-up found', () => {
  it('is used while it is there', async () => {
    const path = await cli(join(folder, 'mine'));
    record(context.cache, 'temporal', { path, from: 'a cached copy' });
    record(context.cache, 'test-server', { path: join(folder, 'gone'), from: 'a cached copy' });
    expect(recorded(context, 'temporal', 'LATCHKEY_TEMPORAL_CLI')?.path).toBe(path);
    expect(recorded(context, 'test-server', 'LATCHKEY_TEST_SERVER')).toBeNull();
  });

  it('gives way to the variable, and does not outlive it', async () => {
    const [mine, other] = [await cli(join(folder, 'mine')), await cli(join(folder, 'other'))];
    record(context.cache, 'temporal', { path: mine, from: 'LATCHKEY_TEMPORAL_CLI' });
    expect(recorded(context, 'temporal', 'LATCHKEY_TEMPORAL_CLI')).toBeNull();
    context.env['LATCHKEY_TEMPORAL_CLI'] = mine;
    expect(recorded(context, 'temporal', 'LATCHKEY_TEMPORAL_CLI')?.path).toBe(mine);
    context.env['LATCHKEY_TEMPORAL_CLI'] = other;
    expect(recorded(context, 'temporal', 'LATCHKEY_TEMPORAL_CLI')).toBeNull();
  });
});
