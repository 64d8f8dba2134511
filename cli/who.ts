import type { JsonObject } from '../schemas/json.js';
import type { AdminApi } from './admin-api.js';
import { CliError, EXIT } from './exit.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** True for what can only be an id. */
export function isId(text: string): boolean {
  return UUID.test(text);
}

/**
 * The id of the identity that is meant: by its id, or by the address or name with which it signs in.
 * @throws CliError (not found)
 */
export async function identityId(api: AdminApi, who: string): Promise<string> {
  return isId(who) ? who : String((await identityBySignIn(api, who)).id);
}

/** The whole identity that is meant. */
export async function identity(api: AdminApi, who: string): Promise<JsonObject> {
  if (!isId(who)) return identityBySignIn(api, who);
  return (await api.get(`admin/identities/${who}`)).body as JsonObject;
}

async function identityBySignIn(api: AdminApi, name: string): Promise<JsonObject> {
  const { body } = await api.get('admin/identities', { query: { credentials_identifier: name } });
  const [found] = body as JsonObject[];
  if (found) return found;
  throw new CliError(EXIT.notFound, `Nobody signs in with "${name}".`, 'latchkey identities list shows who there is.');
}

/** The id of the machine that is meant: by its id or its name. @throws CliError when none or several have the name */
export async function machineId(api: AdminApi, which: string): Promise<string> {
  if (isId(which)) return which;
  const { items } = await api.list('admin/machines');
  const [found, other] = items.filter((machine) => machine.name === which);
  if (!found)
    throw new CliError(
      EXIT.notFound,
      `No machine is named "${which}".`,
      'latchkey machines list shows which there are.',
    );
  if (other)
    throw new CliError(
      EXIT.invalid,
      `Several machines are named "${which}".`,
      'Give the id of one: latchkey machines list.',
    );
  return String(found.id);
}
