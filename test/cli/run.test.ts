import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../cli/commands/index.js';
import { version } from '../../platform/temporal.js';
import { freePort } from '../../stack/ports.js';
import { cli, cliFor } from '../support/cli.js';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import { noteSecret } from '../support/leftovers.js';

const key = `lk_admin_${randomBytes(32).toString('base64url')}`;
noteSecret('token', key);

let harness: Harness;
let folder: string;
let run: ReturnType<typeof cliFor>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-cli-'));
  const sha256 = createHash('sha256').update(key).digest('hex');
  harness = await startHarness({ workers: false, config: { admin_api: { keys: [{ id: 'ops', sha256 }] } } });
  run = cliFor(harness);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await harness.stop();
});

const commands = COMMANDS.flatMap((group) =>
  group.commands.map((command) => ({ group, command, words: [group.name, command.name].filter(Boolean) })),
);

describe('help', () => {
  it('lists all commands and exit codes', async () => {
    for (const argv of [['--help'], ['-h'], ['help']]) {
      const { exit, stdout } = await cli(argv);
      expect(exit).toBe(0);
      for (const { name } of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
      expect(stdout).toContain('Exit codes');
    }
  });

  it.each(commands)('of $words tells what it takes, with an example that fits', async ({ command, words }) => {
    const { exit, stdout } = await cli([...words, '--help']);
    expect(exit).toBe(0);
    expect(stdout).toContain(command.summary);
    expect(stdout).toContain(`Usage: latchkey ${words.join(' ')}`);
    for (const { name } of command.options ?? []) expect(stdout).toContain(`--${name}`);
    for (const { name } of command.arguments ?? []) expect(stdout).toContain(name);
    for (const example of command.examples) {
      expect(stdout).toContain(`  latchkey ${example}`);
      expect(example.split(' ').slice(0, words.length)).toEqual(words);
      for (const [, option = ''] of example.matchAll(/ --([a-z-]+)/g)) {
        const own = (command.options ?? []).map(({ name }) => name);
        expect([...own, 'json', 'admin-url', 'key-file']).toContain(option);
      }
    }
    expect((await cli(['help', ...words])).stdout).toBe(stdout);
  });

  it.each(
    COMMANDS.filter(({ commands: [first] }) => first?.name !== '').map(({ name, commands: all }) => ({ name, all })),
  )('of the group $name lists its commands', async ({ name, all }) => {
    const { exit, stdout } = await cli([name, '--help']);
    expect(exit).toBe(0);
    for (const command of all) expect(stdout).toContain(`latchkey ${name} ${command.name}`);
  });

  it('has every line fit a terminal', async () => {
    for (const { words } of commands) {
      const { stdout } = await cli([...words, '--help']);
      expect(stdout.split('\n').filter((line) => line.length > 140)).toEqual([]);
    }
  });

  it('is not needed for the version', async () => {
    expect(await cli(['--version'])).toMatchObject({ exit: 0, stdout: `${version}\n` });
  });
});

describe('a wrong command line', () => {
  it.each([
    [[], 'Usage: latchkey'],
    [['frobnicate'], 'There is no command "frobnicate".'],
    [['identities'], 'latchkey identities needs one of: list, get'],
    [['identities', 'frobnicate'], 'latchkey identities has no "frobnicate", only: list'],
    [['identities', 'get'], 'who is missing.'],
    [['identities', 'get', 'a', 'b'], '"b" is one argument too many.'],
    [['identities', 'list', '--nonsense'], "Unknown option '--nonsense'."],
    [['identities', 'list', '--limit'], "Option '--limit <value>' argument missing."],
    [['identities', 'list', '--limit', 'many'], '--limit: "many" is not a whole number'],
    [['identities', 'list', '--limit', '3', '--all'], 'exclude each other'],
    [['identities', 'list', '--json', '--human'], 'exclude each other'],
    [['identities', 'list', '--admin-url', 'here'], '"here" is not an address'],
    [['identities', 'create'], 'Give --email, --traits or --file.'],
    [['identities', 'create', '--traits', '{'], '--traits: is not JSON.'],
    [['identities', 'import', '/nowhere.json'], '/nowhere.json cannot be read (ENOENT).'],
    [['recover', 'a@example.test', '--expires-in', 'soon'], '--expires-in: "soon" is not a duration.'],
    [['sessions', 'revoke'], 'Give the id of a session, or --identity.'],
    [['machines', 'create', 'ci'], 'Give --scope'],
    [['completion', 'fish'], 'There is no completion for "fish"'],
  ])('%j ends with 2 and asks nothing of the service', async (argv, words) => {
    // Nothing listens there: a request would end with 3.
    const { exit, stderr, stdout } = await cli([...argv], {
      tty: true,
      env: { LATCHKEY_ADMIN_URL: 'http://127.0.0.1:1' },
    });
    expect(stderr).toContain(words);
    expect(exit).toBe(2);
    expect(stdout).toBe('');
  });

  it('is told as JSON where there is no terminal', async () => {
    const { stderr, stdout } = await cli(['identities', 'list', '--nonsense']);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        message: "Unknown option '--nonsense'.",
        exit: 2,
        next: 'latchkey identities list --help tells what it takes.',
      },
    });
    expect(stdout).toBe('');
  });
});

describe('the key', () => {
  const list = ['identities', 'list'];

  it('is never taken from the command line', async () => {
    for (const argument of [['--key', key], [`--key=${key}`], ['--admin-key', key]]) {
      const { exit, stderr, stdout } = await run([...list, ...argument]);
      expect(exit).toBe(2);
      expect(stderr).toContain('LATCHKEY_ADMIN_KEY');
      expect(stderr + stdout).not.toContain(key);
    }
  });

  it('is asked for, with exit code 5', async () => {
    expect(await run(list)).toMatchObject({
      exit: 5,
      error: { next: expect.stringContaining('--key-file') as string },
    });
    expect((await run(list, { env: { LATCHKEY_ADMIN_KEY: 'wrong' } })).exit).toBe(5);
  });

  it('comes from the environment', async () => {
    expect(await run(list, { env: { LATCHKEY_ADMIN_KEY: key } })).toMatchObject({ exit: 0, json: [] });
  });

  it('comes from a file before all, and a file that others can read is remarked on', async () => {
    const file = join(folder, 'admin.key');
    writeFileSync(file, `${key}\n`, { mode: 0o600 });
    expect(await run([...list, '--key-file', file], { env: { LATCHKEY_ADMIN_KEY: 'wrong' } })).toMatchObject({
      exit: 0,
      stderr: '',
    });
    chmodSync(file, 0o644);
    const open = await run([...list, '--key-file', file]);
    expect(open.exit).toBe(0);
    expect(open.stderr).toContain(`chmod 600 ${file}`);
    expect((await run([...list, '--key-file', join(folder, 'none')])).exit).toBe(2);
    writeFileSync(file, 'two words');
    expect((await run([...list, '--key-file', file])).exit).toBe(2);
  });
});

describe('the service', () => {
  const env = { LATCHKEY_ADMIN_KEY: key };

  it('that is not there ends with 3, and says how to look closer', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { exit, error } = await cli(['identities', 'list', '--admin-url', url]);
    expect(exit).toBe(3);
    expect(error?.message).toBe(`The admin API at ${url}/ does not answer (ECONNREFUSED).`);
    expect(error?.next).toContain('latchkey doctor');
  });

  it('is told from its public port', async () => {
    const { exit, error } = await run(['identities', 'list'], {
      env: { ...env, LATCHKEY_ADMIN_URL: harness.publicUrl },
    });
    expect(exit).toBe(2);
    expect(error?.message).toContain('is not the admin API');
  });

  it('that knows nobody ends with 4', async () => {
    expect((await run(['identities', 'get', 'nobody@example.test'], { env })).exit).toBe(4);
    expect((await run(['identities', 'get', '00000000-0000-4000-8000-000000000000'], { env })).exit).toBe(4);
    expect((await run(['machines', 'get', 'nothing'], { env })).exit).toBe(4);
  });

  it('that takes no such values ends with 6, and its reason is told', async () => {
    const { exit, error } = await run(['identities', 'create', '--email', 'not an address'], { env });
    expect(exit).toBe(6);
    expect(error?.message).toContain('traits.email');
  });
});
