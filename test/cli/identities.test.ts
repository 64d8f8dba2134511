import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliFor } from '../support/cli.js';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import { noteSecret } from '../support/leftovers.js';
import { createPerson, signIn } from '../support/story.js';

let harness: Harness;
let folder: string;
let run: ReturnType<typeof cliFor>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-cli-'));
  harness = await startHarness({ workers: false });
  run = cliFor(harness);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await harness.stop();
});

function address(): string {
  const email = `cli-${randomUUID().slice(0, 13)}@example.test`;
  noteSecret('address', email);
  return email;
}

function fileOf(content: unknown): string {
  const file = join(folder, `${randomUUID()}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

describe('latchkey identities', () => {
  it('creates, shows and deletes, by id and by address', async () => {
    const email = address();
    const created = await run(['identities', 'create', '--email', email, '--external-id', email.slice(0, 17)]);
    expect(created).toMatchObject({
      exit: 0,
      stderr: '',
      json: { schema_id: 'default', traits: { email }, external_id: email.slice(0, 17) },
    });
    const id = created.json.id as string;
    for (const who of [id, email])
      expect((await run(['identities', 'get', who])).json).toMatchObject({ id, traits: { email } });
    expect((await run(['identities', 'list', '--identifier', email])).json).toMatchObject([{ id }]);
    expect(await run(['identities', 'delete', email, '--yes'])).toMatchObject({ exit: 0, json: { id, deleted: true } });
    expect((await run(['identities', 'delete', id, '--yes'])).exit).toBe(4);
  });

  it('creates from traits, from a file and from standard input', async () => {
    const [first, second, third] = [address(), address(), address()];
    const traits = JSON.stringify({ email: first, name: { first: 'Ada' } });
    expect((await run(['identities', 'create', '--traits', traits, '--schema', 'default'])).json.traits.name).toEqual({
      first: 'Ada',
    });
    const password = `cli-${randomUUID()}`;
    noteSecret('password', password);
    const body = { traits: { email: second }, credentials: { password: { config: { password } } } };
    expect((await run(['identities', 'create', '--file', fileOf(body)])).exit).toBe(0);
    expect((await signIn(harness, second, password)).status).toBe(200);
    expect(
      (await run(['identities', 'create', '--file', '-'], { stdin: JSON.stringify({ traits: { email: third } }) }))
        .exit,
    ).toBe(0);
    expect((await run(['identities', 'create', '--file', fileOf([body])])).exit).toBe(2);
    expect((await run(['identities', 'create', '--email', first])).exit).toBe(6);
  });

  it('shows people a table and lines, with nothing in them that steers the terminal', async () => {
    const email = address();
    const traits = JSON.stringify({ email, name: { first: 'Ada\u001b[2J\u202e' } });
    const created = await run(['identities', 'create', '--traits', traits], { tty: true });
    expect(created.exit).toBe(0);
    expect(created.stdout).toMatch(/^Id +[0-9a-f-]{36}$/m);
    expect(created.stdout).toMatch(new RegExp(`^Addresses +${email} \\(recovery\\)$`, 'm'));
    const list = await run(['identities', 'list', '--identifier', email], { tty: true });
    expect(list.stdout.split('\n')[0]).toMatch(/^ID +STATE +SCHEMA +WHO +CREATED$/);
    expect(list.stdout).toMatch(
      new RegExp(`^[0-9a-f-]{36}  active  default  ${email}  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ$`, 'm'),
    );
    for (const { stdout } of [created, list]) expect(stdout).not.toMatch(/[\u001b\u202e]/);
    const none = await run(['identities', 'list', '--identifier', 'nobody@example.test'], { tty: true });
    expect(none.stdout).toBe('There are no identities.\n');
  });

  it('lists page after page, as many as asked for, and says when there are more', async () => {
    for (let count = 0; count < 3; count += 1) await createPerson(harness);
    const all = await run(['identities', 'list', '--all']);
    expect(all.stderr).toBe('');
    const ids = (all.json as { id: string }[]).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(3);
    const two = await run(['identities', 'list', '--limit', '2']);
    expect((two.json as { id: string }[]).map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(JSON.parse(two.stderr)).toEqual({ note: expect.stringContaining('--all') });
    expect((await run(['identities', 'list', '--limit', String(ids.length)])).stderr).toBe('');
  });

  it('asks before it deletes, and does nothing without a yes', async () => {
    const { id, email } = await createPerson(harness);
    const argv = ['identities', 'delete', email];
    expect(await run(argv)).toMatchObject({ exit: 2, error: { next: 'Give --yes to go on.' } });
    for (const stdin of ['\n', 'no\n']) expect((await run(argv, { tty: true, stdin })).exit).toBe(1);
    expect((await run(['identities', 'get', id])).exit).toBe(0);
    const agreed = await run(argv, { tty: true, stdin: 'y\n' });
    expect(agreed.stderr).toContain(`Delete ${email} (${id}) for good? [y/N]`);
    expect(agreed).toMatchObject({ exit: 0, stdout: `${id} is deleted.\n` });
    expect((await run(['identities', 'get', id])).exit).toBe(4);
  });
});

describe('latchkey identities import', () => {
  const people = (count: number) => Array.from({ length: count }, () => ({ traits: { email: address() } }));

  it('creates all of a list, with a bar on a terminal', async () => {
    const list = people(120);
    const { exit, stdout, stderr } = await run(['identities', 'import', fileOf(list)], { tty: true });
    expect(exit).toBe(0);
    expect(stdout).toBe('120 created, 0 failed.\n');
    expect(stderr).toContain('[##############################] 100% 120/120');
    expect((await run(['identities', 'get', list[119]?.traits.email ?? ''])).exit).toBe(0);
  });

  it('reads one identity a line, and standard input', async () => {
    const lines = people(3)
      .map((person) => JSON.stringify(person))
      .join('\n');
    const { exit, json, stderr } = await run(['identities', 'import', '-'], { stdin: `${lines}\n` });
    expect({ exit, json, stderr }).toEqual({ exit: 0, json: { created: 3, existing: 0, failures: [] }, stderr: '' });
  });

  it('goes on past what cannot be created, tells its place, and ends with 1', async () => {
    const [one, two, three] = people(3);
    const file = fileOf([one, { traits: { email: 'nonsense' } }, two, one, three]);
    const { exit, json } = await run(['identities', 'import', file]);
    expect(exit).toBe(1);
    expect(json).toEqual({
      created: 3,
      existing: 0,
      failures: [
        { line: 2, reason: expect.stringContaining('traits.email') as string },
        { line: 4, reason: expect.stringContaining('another identity') as string },
      ],
    });
    const shown = await run(['identities', 'import', file], { tty: true });
    expect(shown.stdout).toBe('0 created, 5 failed.\n');
    expect(shown.stderr).toMatch(/^ {2}2: traits\.email/m);
  });

  it('can be run again after it was broken off', async () => {
    const list = people(4);
    await run(['identities', 'import', fileOf(list.slice(0, 2))]);
    const again = await run(['identities', 'import', fileOf(list), '--skip-existing']);
    expect(again).toMatchObject({ exit: 0, json: { created: 2, existing: 2, failures: [] } });
  });

  it('takes what the list of another service gives, passwords included', async () => {
    const password = `cli-${randomUUID()}`;
    noteSecret('password', password);
    const person = await createPerson(harness, password);
    const answer = await harness.admin('GET', `/admin/identities/${person.id}?include_credential=password`);
    await run(['identities', 'delete', person.id, '--yes']);
    const imported = await run(['identities', 'import', fileOf({ identities: [answer.json] })]);
    expect(imported).toMatchObject({ exit: 0, json: { created: 1 } });
    expect((await signIn(harness, person.email, password)).status).toBe(200);
  });

  it.each([
    ['"text"', 'is not a list of identities'],
    ['[{}, 7]', 'entry 2 is not a JSON object'],
    ['{"a":1}\n{"b":}', 'line 2: is not JSON'],
    ['[', 'is not JSON'],
  ])('refuses a file with %s', async (content, words) => {
    const { exit, error } = await run(['identities', 'import', fileOf(content)]);
    expect(exit).toBe(2);
    expect(error?.message).toContain(words);
  });
});
