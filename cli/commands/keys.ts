import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import type { JsonObject } from '../../schemas/json.js';
import { SCOPES } from '../../schemas/scopes.js';
import type { Call, CommandGroup } from '../command.js';
import { confirm, YES_OPTION } from '../confirm.js';
import { usageError } from '../exit.js';
import type { Column } from '../printer.js';
import { durationOption } from '../values.js';
import { machineId } from '../who.js';
import { inWords, timeInWords } from '../words.js';
import { MACHINE } from './machines.js';

const KEY = { name: 'key', help: 'the id of the key' };
const TO_FILE = {
  name: 'to-file',
  value: 'FILE',
  help: 'write the secret into this new file, which only you can read, and do not show it',
} as const;
const EXPIRES_IN = { name: 'expires-in', value: 'TIME', help: 'how long it works, such as 90d' } as const;

/** `latchkey keys …` */
export const keys: CommandGroup = {
  name: 'keys',
  summary: 'Keys of machines to the admin API: list, create, rotate, revoke.',
  commands: [
    {
      name: 'list',
      summary: 'List the keys of a machine, newest first, also those that are over.',
      arguments: [MACHINE],
      examples: ['keys list nightly-import'],
      async run(call) {
        const api = call.api();
        const { items } = await api.list(`admin/machines/${await machineId(api, call.args[0] ?? '')}/keys`);
        call.print.list(
          items,
          [
            ['ID', (one) => inWords(one.id)],
            ['KEY', (one) => `${inWords(one.prefix)}…`],
            ['NAME', (one) => inWords(one.name)],
            ['STATE', (one) => inWords(one.state)],
            ['EXPIRES', (one) => timeInWords(one.expires_at ?? 'never')],
            ['LAST USED', (one) => timeInWords(one.last_used_at ?? 'never')],
            ['SCOPES', (one) => inWords(one.scopes)],
          ],
          'This machine has no keys. latchkey keys create makes one.',
        );
        return undefined;
      },
    },
    {
      name: 'create',
      summary: 'Make a key for a machine. Its secret is shown this once.',
      arguments: [MACHINE],
      options: [
        { name: 'name', value: 'NAME', help: 'what to call it' },
        {
          name: 'scope',
          short: 's',
          value: 'SCOPE',
          multiple: true,
          help: 'what it is allowed; otherwise all that its machine may be',
          choices: SCOPES,
        },
        { ...EXPIRES_IN, help: `${EXPIRES_IN.help}; for ever unless given` },
        TO_FILE,
      ],
      examples: [
        'keys create nightly-import --name deploy --expires-in 90d',
        'keys create nightly-import --to-file import.key',
      ],
      async run(call) {
        const [name, scopes, expiresIn] = [call.text('name'), call.texts('scope'), durationOption(call, 'expires-in')];
        const body = {
          ...(name !== undefined && { name }),
          ...(scopes.length > 0 && { scopes }),
          ...(expiresIn !== undefined && { expires_in: expiresIn }),
        };
        const api = call.api();
        const id = await machineId(api, call.args[0] ?? '');
        await issue(call, async () => (await api.post(`admin/machines/${id}/keys`, body)).body as JsonObject);
        return undefined;
      },
    },
    {
      name: 'rotate',
      summary: 'Make the successor of a key. The old key goes on working for the overlap.',
      arguments: [MACHINE, KEY],
      options: [
        { name: 'overlap', value: 'TIME', help: 'how long the old key goes on working; 24h unless given' },
        { ...EXPIRES_IN, help: `${EXPIRES_IN.help}; as long as the old one unless given` },
        TO_FILE,
      ],
      examples: ['keys rotate nightly-import 3c0d5a0e-1f67-4c62-9a1e-f3a1b7c9d2e4 --overlap 2h --to-file import.key'],
      async run(call) {
        const [overlap, expiresIn] = [durationOption(call, 'overlap'), durationOption(call, 'expires-in')];
        const body = {
          ...(overlap !== undefined && { overlap }),
          ...(expiresIn !== undefined && { expires_in: expiresIn }),
        };
        const api = call.api();
        const id = await machineId(api, call.args[0] ?? '');
        const path = `admin/machines/${id}/keys/${encodeURIComponent(call.args[1] ?? '')}/rotate`;
        await issue(call, async () => (await api.post(path, body)).body as JsonObject);
        return undefined;
      },
    },
    {
      name: 'revoke',
      summary: 'Revoke a key. It stops working at once.',
      arguments: [MACHINE, KEY],
      options: [YES_OPTION],
      examples: ['keys revoke nightly-import 3c0d5a0e-1f67-4c62-9a1e-f3a1b7c9d2e4 --yes'],
      async run(call) {
        const api = call.api();
        const key = call.args[1] ?? '';
        const id = await machineId(api, call.args[0] ?? '');
        await confirm(call, `Revoke the key ${inWords(key)}? Whatever uses it is locked out at once.`);
        await api.delete(`admin/machines/${id}/keys/${encodeURIComponent(key)}`);
        call.print.done(`The key ${key} is revoked.`, { id: key, revoked: true });
        return undefined;
      },
    },
  ],
};

/** Makes a key by `make`, and shows it with its secret or writes the secret into the file that was asked for. */
async function issue(call: Call, make: () => Promise<JsonObject>): Promise<void> {
  const file = call.text('to-file');
  // Opened before the key is made: a secret that then cannot be written would be lost.
  const opened = file === undefined ? undefined : openNew(file);
  let made: JsonObject;
  try {
    made = await make();
  } catch (error) {
    if (file !== undefined) rmSync(file, { force: true });
    throw error;
  }
  const written = opened !== undefined && isWritten(opened, `${String(made.secret)}\n`);
  if (file !== undefined && !written) call.print.note(`${file} could not be written; here is the secret instead.`);
  const { secret: _secret, ...rest } = made;
  const lines: readonly Column<JsonObject>[] = [
    ['Id', (one) => inWords(one.id)],
    ['Name', (one) => inWords(one.name)],
    ['Scopes', (one) => inWords(one.scopes)],
    ['Expires', (one) => timeInWords(one.expires_at ?? 'never')],
    ...(written ? [] : [['Secret', (one: JsonObject) => inWords(one.secret)] as const]),
  ];
  call.print.record(written ? rest : made, lines);
  if (!call.print.json) {
    call.print.note(written ? `The secret is in ${file ?? ''}.` : 'The secret is not shown again.');
  }
}

function isWritten(opened: number, text: string): boolean {
  try {
    writeSync(opened, text);
    return true;
  } catch {
    return false;
  } finally {
    closeSync(opened);
  }
}

function openNew(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    const { code } = error as { code?: string };
    throw usageError(
      `--to-file: ${file} ${code === 'EEXIST' ? 'exists already' : `cannot be made (${code ?? 'unknown'})`}.`,
    );
  }
}
