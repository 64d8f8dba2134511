import type { JsonObject } from '../../schemas/json.js';
import type { Call, CommandGroup } from '../command.js';
import { confirm, YES_OPTION } from '../confirm.js';
import { usageError } from '../exit.js';
import type { Column } from '../printer.js';
import { isObject, jsonOption, LIMIT_OPTIONS, limitOption, noteMore, parseJson, readText } from '../values.js';
import { identity, identityId } from '../who.js';
import { harmless, inWords, timeInWords } from '../words.js';
import { importIdentities } from './identities-import.js';

const WHO = { name: 'who', help: 'the id of the identity, or the address or name with which it signs in' };

const COLUMNS: readonly Column<JsonObject>[] = [
  ['ID', (one) => inWords(one.id)],
  ['STATE', (one) => inWords(one.state)],
  ['SCHEMA', (one) => inWords(one.schema_id)],
  ['WHO', whoOf],
  ['CREATED', (one) => timeInWords(one.created_at)],
];

const LINES: readonly Column<JsonObject>[] = [
  ['Id', (one) => inWords(one.id)],
  ['External id', (one) => inWords(one.external_id)],
  ['State', (one) => `${inWords(one.state)} since ${timeInWords(one.state_changed_at)}`],
  ['Schema', (one) => inWords(one.schema_id)],
  ['Traits', (one) => inWords(one.traits)],
  ['Addresses', addressesOf],
  ['Signs in by', (one) => inWords(Object.keys(isObject(one.credentials) ? one.credentials : {}))],
  ['Metadata', (one) => inWords(one.metadata_public)],
  ['For admins', (one) => inWords(one.metadata_admin)],
  ['Created', (one) => timeInWords(one.created_at)],
  ['Updated', (one) => timeInWords(one.updated_at)],
];

/** `latchkey identities …` */
export const identities: CommandGroup = {
  name: 'identities',
  summary: 'People and machines: list, look at, create, delete, import.',
  commands: [
    {
      name: 'list',
      summary: 'List identities, in the order of their ids.',
      options: [
        { name: 'identifier', value: 'NAME', help: 'only who signs in with this address or name' },
        ...LIMIT_OPTIONS,
      ],
      examples: ['identities list --limit 20', 'identities list --all --json > people.json'],
      async run(call) {
        const query = { credentials_identifier: call.text('identifier') };
        const { items, more } = await call.api().list('admin/identities', query, limitOption(call));
        call.print.list(items, COLUMNS, 'There are no identities.');
        noteMore(call, more);
        return undefined;
      },
    },
    {
      name: 'get',
      summary: 'Show one identity.',
      arguments: [WHO],
      examples: ['identities get ada@example.com'],
      async run(call) {
        call.print.record(await identity(call.api(), call.args[0] ?? ''), LINES);
        return undefined;
      },
    },
    {
      name: 'create',
      summary: 'Create an identity.',
      options: [
        { name: 'email', value: 'ADDRESS', help: 'the trait email' },
        { name: 'traits', value: 'JSON', help: 'all traits, as a JSON object' },
        { name: 'schema', value: 'ID', help: 'the identity schema; otherwise the default one' },
        { name: 'external-id', value: 'ID', help: 'the id in another system' },
        {
          name: 'file',
          value: 'FILE',
          help: 'the whole identity as JSON, as POST /admin/identities takes it; - reads it from standard input',
        },
      ],
      details: [
        'A password goes into a file or standard input, never on the command line, where others could read it.',
      ],
      examples: [
        'identities create --email ada@example.com',
        `identities create --schema customer --traits '{"email":"ada@example.com","name":{"first":"Ada"}}'`,
        'identities create --file - < ada.json',
      ],
      async run(call) {
        const { body } = await call.api().post('admin/identities', await newIdentity(call));
        call.print.record(body as JsonObject, LINES);
        return undefined;
      },
    },
    {
      name: 'delete',
      summary: 'Delete an identity with its credentials, sessions and recoveries.',
      arguments: [WHO],
      options: [YES_OPTION],
      examples: ['identities delete ada@example.com', 'identities delete 0b8e2c0e-6a3b-4a5e-9d0d-2f6f0f5f4c11 --yes'],
      async run(call) {
        const api = call.api();
        const found = await identity(api, call.args[0] ?? '');
        await confirm(call, `Delete ${whoOf(found)} (${inWords(found.id)}) for good?`);
        const id = await identityId(api, String(found.id));
        await api.delete(`admin/identities/${id}`);
        call.print.done(`${id} is deleted.`, { id, deleted: true });
        return undefined;
      },
    },
    importIdentities,
  ],
};

async function newIdentity(call: Call): Promise<JsonObject> {
  const file = call.text('file');
  const email = call.text('email');
  const traits = jsonOption(call, 'traits');
  const ownWords = ['email', 'traits', 'schema', 'external-id'].some((name) => call.text(name) !== undefined);
  if (file !== undefined) {
    if (ownWords) throw usageError('--file holds everything; give no other options of the identity.');
    const body = parseJson(await readText(call, file), file);
    if (!isObject(body)) throw usageError(`${file}: is not a JSON object.`, 'latchkey identities import takes lists.');
    return body;
  }
  if (traits !== undefined && !isObject(traits)) throw usageError('--traits: is not a JSON object.');
  if (!ownWords) throw usageError('Give --email, --traits or --file.');
  const [schema, externalId] = [call.text('schema'), call.text('external-id')];
  return {
    ...(schema !== undefined && { schema_id: schema }),
    ...(externalId !== undefined && { external_id: externalId }),
    traits: { ...traits, ...(email !== undefined && { email }) },
  };
}

/** What a person would be recognised by: an address, a name, an external id. */
function whoOf(one: JsonObject): string {
  const addresses = [one.recovery_addresses, one.verifiable_addresses].flatMap((list) =>
    Array.isArray(list) ? list : [],
  );
  const [address] = addresses.filter(isObject);
  const name = isObject(one.traits) ? one.traits.name : undefined;
  return inWords(address?.value ?? (typeof name === 'string' ? name : undefined) ?? one.external_id);
}

function addressesOf(one: JsonObject): string {
  const verifiable = Array.isArray(one.verifiable_addresses) ? one.verifiable_addresses.filter(isObject) : [];
  const recovery = Array.isArray(one.recovery_addresses) ? one.recovery_addresses.filter(isObject) : [];
  const values = [...new Set([...verifiable, ...recovery].map(({ value }) => String(value)))];
  if (values.length === 0) return '-';
  return values
    .map((value) => {
      const facts = [
        ...(verifiable.some((address) => address.value === value && address.verified === true) ? ['verified'] : []),
        ...(recovery.some((address) => address.value === value) ? ['recovery'] : []),
      ];
      return `${harmless(value)}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
    })
    .join(', ');
}
