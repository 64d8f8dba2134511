import type { JsonObject } from '../../schemas/json.js';
import { SCOPES } from '../../schemas/scopes.js';
import type { CommandGroup } from '../command.js';
import { confirm, YES_OPTION } from '../confirm.js';
import { usageError } from '../exit.js';
import type { Column } from '../printer.js';
import { LIMIT_OPTIONS, limitOption, noteMore } from '../values.js';
import { machineId } from '../who.js';
import { inWords, timeInWords } from '../words.js';

/** The argument of commands that are about a machine. */
export const MACHINE = { name: 'machine', help: 'the id of the machine, or its name' };

const LINES: readonly Column<JsonObject>[] = [
  ['Id', (one) => inWords(one.id)],
  ['Name', (one) => inWords(one.name)],
  ['State', (one) => inWords(one.state)],
  ['Scopes', (one) => inWords(one.scopes)],
  ['Working keys', (one) => inWords(one.usable_keys)],
  ['For admins', (one) => inWords(one.metadata_admin)],
  ['Created', (one) => timeInWords(one.created_at)],
];

/** `latchkey machines …` */
export const machines: CommandGroup = {
  name: 'machines',
  summary: 'Machines, which hold keys to the admin API: list, look at, create, delete.',
  commands: [
    {
      name: 'list',
      summary: 'List machines.',
      options: LIMIT_OPTIONS,
      examples: ['machines list'],
      async run(call) {
        const { items, more } = await call.api().list('admin/machines', {}, limitOption(call));
        call.print.list(
          items,
          [
            ['ID', (one) => inWords(one.id)],
            ['NAME', (one) => inWords(one.name)],
            ['STATE', (one) => inWords(one.state)],
            ['KEYS', (one) => inWords(one.usable_keys)],
            ['SCOPES', (one) => inWords(one.scopes)],
          ],
          'There are no machines.',
        );
        noteMore(call, more);
        return undefined;
      },
    },
    {
      name: 'get',
      summary: 'Show one machine.',
      arguments: [MACHINE],
      examples: ['machines get nightly-import'],
      async run(call) {
        const api = call.api();
        const { body } = await api.get(`admin/machines/${await machineId(api, call.args[0] ?? '')}`);
        call.print.record(body as JsonObject, LINES);
        return undefined;
      },
    },
    {
      name: 'create',
      summary: 'Create a machine. It needs a key too: latchkey keys create.',
      arguments: [{ name: 'name', help: 'what to call it' }],
      options: [
        {
          name: 'scope',
          short: 's',
          value: 'SCOPE',
          multiple: true,
          help: `what its keys may be allowed: ${SCOPES.join(', ')}`,
          choices: SCOPES,
        },
      ],
      examples: ['machines create nightly-import --scope identities:read --scope identities:write'],
      async run(call) {
        const scopes = call.texts('scope');
        if (scopes.length === 0) throw usageError('Give --scope, once for each.', `There are ${SCOPES.join(', ')}.`);
        const { body } = await call.api().post('admin/machines', { name: call.args[0] ?? '', scopes });
        call.print.record(body as JsonObject, LINES);
        return undefined;
      },
    },
    {
      name: 'delete',
      summary: 'Delete a machine. Its keys stop working at once.',
      arguments: [MACHINE],
      options: [YES_OPTION],
      examples: ['machines delete nightly-import --yes'],
      async run(call) {
        const api = call.api();
        const id = await machineId(api, call.args[0] ?? '');
        await confirm(call, `Delete the machine ${inWords(call.args[0])} with all its keys?`);
        await api.delete(`admin/machines/${id}`);
        call.print.done(`${id} is deleted.`, { id, deleted: true });
        return undefined;
      },
    },
  ],
};
