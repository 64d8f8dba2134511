import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliFor } from '../support/cli.js';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import { noteSecret } from '../support/leftovers.js';
import { asMachine, shownKey } from '../support/machines.js';
import { createPerson, signIn, submitCode, whoamiStatus } from '../support/story.js';

const PASSWORD = 'a-long-password-1';
const HOUR = 3_600_000;

let harness: Harness;
let folder: string;
let run: ReturnType<typeof cliFor>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-cli-'));
  harness = await startHarness();
  run = cliFor(harness);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await harness.stop();
});

describe('latchkey recover', () => {
  it('makes a code that lets the person in', async () => {
    const person = await createPerson(harness);
    const before = Date.now();
    const { exit, json } = await run(['recover', person.email, '--expires-in', '12h']);
    expect(exit).toBe(0);
    expect(Date.parse(json.expires_at as string) - before).toBeGreaterThanOrEqual(12 * HOUR);
    const flowId = new URL(json.recovery_link as string).searchParams.get('flow') ?? '';
    const answer = await submitCode(harness, flowId, json.recovery_code as string);
    // The flow is a browser's, as Kratos' default: its answer tells where to go on.
    expect([200, 303, 422]).toContain(answer.status);
    const { rows } = await harness.pool.query('SELECT state FROM recovery_flows WHERE id = $1', [flowId]);
    expect(rows).toEqual([{ state: 'passed_challenge' }]);
  });

  it('makes a link, and takes days', async () => {
    const person = await createPerson(harness);
    const before = Date.now();
    const { exit, json } = await run(['recover', person.id, '--link', '--expires-in', '1d12h']);
    expect(exit).toBe(0);
    expect(Object.keys(json as object)).toEqual(['recovery_link', 'expires_at']);
    expect(Math.round((Date.parse(json.expires_at as string) - before) / HOUR)).toBe(36);
  });

  it('shows people the code and where to enter it', async () => {
    const person = await createPerson(harness);
    const { stdout } = await run(['recover', person.email], { tty: true });
    const code = /^Code +(\d{6})$/m.exec(stdout)?.[1] ?? '';
    noteSecret('code', code);
    expect(code).not.toBe('');
    expect(stdout).toMatch(/^Enter it at +http/m);
    expect(stdout).toMatch(/^Works until +\d{4}-/m);
  });
});

describe('latchkey sessions', () => {
  it('lists them, and ends one or all of a person', async () => {
    const person = await createPerson(harness, PASSWORD);
    const tokens: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      tokens.push((await signIn(harness, person.email, PASSWORD)).json.session_token as string);
    }
    const list = await run(['sessions', 'list', person.email]);
    expect(list.json).toHaveLength(3);
    const table = await run(['sessions', 'list', '--active'], { tty: true });
    expect(table.stdout).toMatch(new RegExp(`yes +${person.id} +password`));

    const newest = list.json[0].id as string;
    expect(await run(['sessions', 'revoke', newest])).toMatchObject({ exit: 0, json: { id: newest, revoked: true } });
    expect((await run(['sessions', 'list', person.id, '--active'])).json).toHaveLength(2);
    expect((await run(['sessions', 'list', person.id, '--ended'])).json).toMatchObject([{ id: newest }]);
    expect((await run(['sessions', 'revoke', '--identity', person.email])).exit).toBe(2);
    expect((await run(['sessions', 'revoke', '--identity', person.email, '--yes'])).exit).toBe(0);
    for (const token of tokens) expect(await whoamiStatus(harness, token)).toBe(401);
    expect((await run(['sessions', 'revoke', randomUUID()])).exit).toBe(4);
    expect((await run(['sessions', 'revoke', '../identities'])).exit).toBe(4);
  });
});

describe('latchkey machines and keys', () => {
  it('take a machine from its making to its end', async () => {
    const name = `ci-${randomUUID()}`;
    const created = await run(['machines', 'create', name, '-s', 'identities:read', '--scope', 'sessions:read']);
    expect(created).toMatchObject({ exit: 0, json: { name, scopes: ['identities:read', 'sessions:read'] } });
    const id = created.json.id as string;
    expect((await run(['machines', 'list'])).json).toMatchObject([{ id, usable_keys: 0 }]);

    const first = await run([
      'keys',
      'create',
      name,
      '--name',
      'deploy',
      '--expires-in',
      '90d',
      '-s',
      'identities:read',
    ]);
    expect(first).toMatchObject({ exit: 0, json: { machine_id: id, name: 'deploy', scopes: ['identities:read'] } });
    const secret = first.json.secret as string;
    const life = Date.parse(first.json.expires_at as string) - Date.parse(first.json.created_at as string);
    expect(life).toBe(90 * 24 * HOUR);

    const rotated = await run(['keys', 'rotate', name, first.json.id as string, '--overlap', '0s']);
    expect(rotated).toMatchObject({ exit: 0, json: { name: 'deploy', replaces: first.json.id } });
    expect((await asMachine(harness, secret, 'GET', '/identities')).status).toBe(401);
    expect((await asMachine(harness, rotated.json.secret as string, 'GET', '/identities')).status).toBe(200);

    const key = rotated.json.id as string;
    expect((await run(['keys', 'revoke', name, key])).exit).toBe(2);
    expect((await run(['keys', 'revoke', name, key, '--yes'])).exit).toBe(0);
    expect((await shownKey(harness, id, key)).state).toBe('revoked');
    const table = await run(['keys', 'list', name], { tty: true });
    expect(table.stdout).toMatch(new RegExp(`${key} +lk_machine_[\\w-]{6}… +deploy +revoked`));
    expect((await run(['machines', 'get', id], { tty: true })).stdout).toMatch(/^Working keys +0$/m);
    expect((await run(['machines', 'delete', name, '--yes'])).exit).toBe(0);
    expect((await run(['machines', 'get', name])).exit).toBe(4);
  });

  it('are meant by id when several have one name', async () => {
    const name = `twin-${randomUUID()}`;
    for (let count = 0; count < 2; count += 1) await run(['machines', 'create', name, '-s', '*']);
    const { exit, error } = await run(['machines', 'get', name]);
    expect(exit).toBe(6);
    expect(error?.message).toContain('Several machines');
  });

  it('put a secret into a file of its own and not on the screen', async () => {
    const name = `file-${randomUUID()}`;
    await run(['machines', 'create', name, '-s', 'identities:read']);
    const file = join(folder, `${name}.key`);
    const { exit, stdout, stderr } = await run(['keys', 'create', name, '--to-file', file], { tty: true });
    expect(exit).toBe(0);
    const secret = readFileSync(file, 'utf8').trim();
    noteSecret('token', secret);
    expect(secret).toMatch(/^lk_machine_[\w-]{43}$/);
    expect(stdout + stderr).not.toContain(secret);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await run(['identities', 'list', '--key-file', file])).exit).toBe(0);
    expect((await run(['machines', 'list', '--key-file', file])).exit).toBe(5);

    const before = (await run(['keys', 'list', name])).json as unknown[];
    expect(await run(['keys', 'create', name, '--to-file', file])).toMatchObject({ exit: 2 });
    expect((await run(['keys', 'list', name])).json).toEqual(before);
    const other = join(folder, 'never.key');
    expect((await run(['keys', 'create', name, '--scope', 'sessions:write', '--to-file', other])).exit).toBe(6);
    expect(existsSync(other)).toBe(false);
  });
});
