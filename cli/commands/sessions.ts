import type { JsonObject } from '../../schemas/json.js';
import type { CommandGroup } from '../command.js';
import { confirm, YES_OPTION } from '../confirm.js';
import { usageError } from '../exit.js';
import type { Column } from '../printer.js';
import { isObject, LIMIT_OPTIONS, limitOption, noteMore } from '../values.js';
import { identityId } from '../who.js';
import { inWords, timeInWords } from '../words.js';

const COLUMNS: readonly Column<JsonObject>[] = [
  ['ID', (one) => inWords(one.id)],
  ['ACTIVE', (one) => inWords(one.active)],
  ['IDENTITY', (one) => inWords(isObject(one.identity) ? one.identity.id : undefined)],
  ['BY', (one) => inWords(objects(one.authentication_methods).map(({ method }) => String(method)))],
  ['OPENED', (one) => timeInWords(one.issued_at)],
  ['ENDS', (one) => timeInWords(one.expires_at)],
  ['FROM', (one) => inWords(objects(one.devices)[0]?.ip_address)],
];

/** `latchkey sessions …` */
export const sessions: CommandGroup = {
  name: 'sessions',
  summary: 'Sessions of signed-in people: list and end them.',
  commands: [
    {
      name: 'list',
      summary: "List sessions, newest first: everybody's, or one person's.",
      arguments: [{ name: 'who', help: 'only of this identity: its id, or what it signs in with', optional: true }],
      options: [
        { name: 'active', help: 'only those that sign somebody in now' },
        { name: 'ended', help: 'only those that are over' },
        ...LIMIT_OPTIONS,
      ],
      examples: ['sessions list --active', 'sessions list ada@example.com'],
      async run(call) {
        if (call.flag('active') && call.flag('ended')) throw usageError('--active and --ended exclude each other.');
        const active = call.flag('active') ? 'true' : call.flag('ended') ? 'false' : undefined;
        const api = call.api();
        const [who] = call.args;
        const path = who === undefined ? 'admin/sessions' : `admin/identities/${await identityId(api, who)}/sessions`;
        const query = { active, ...(who === undefined && { expand: ['identity', 'devices'] }) };
        const { items, more } = await api.list(path, query, limitOption(call));
        call.print.list(items, COLUMNS, 'There are no such sessions.');
        noteMore(call, more);
        return undefined;
      },
    },
    {
      name: 'revoke',
      summary: 'End one session, or all of a person.',
      arguments: [{ name: 'session', help: 'the id of the session', optional: true }],
      options: [
        { name: 'identity', value: 'WHO', help: 'end all sessions of this identity: its id, or what it signs in with' },
        YES_OPTION,
      ],
      examples: [
        'sessions revoke 7d1f8a34-92c5-4c11-8f6e-6d0a3f0c2b55',
        'sessions revoke --identity ada@example.com --yes',
      ],
      async run(call) {
        const api = call.api();
        const [session] = call.args;
        const who = call.text('identity');
        if ((session === undefined) === (who === undefined))
          throw usageError('Give the id of a session, or --identity.');
        if (who === undefined) {
          await api.delete(`admin/sessions/${encodeURIComponent(session ?? '')}`);
          call.print.done(`The session ${session ?? ''} has ended.`, { id: session ?? '', revoked: true });
          return undefined;
        }
        const id = await identityId(api, who);
        await confirm(call, `End all sessions of ${inWords(who)}?`);
        await api.delete(`admin/identities/${id}/sessions`);
        call.print.done(`All sessions of ${id} have ended.`, { identity_id: id, revoked: true });
        return undefined;
      },
    },
  ],
};

function objects(value: JsonObject[string] | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
