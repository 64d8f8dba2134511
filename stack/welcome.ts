import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from './stack.js';

/** What `npm start` prints once everything is up: where things are, and a first request to paste. */
export function welcome(stack: Stack): string {
  const { addresses, config } = stack;
  const rows: [string, string][] = [
    ['Public API', addresses.publicApi],
    ['Admin API', `${addresses.adminApi}  ${adminNote(stack)}`],
    ['Temporal', addresses.temporalUi === null ? addresses.temporal : `${addresses.temporalUi}  (pages)`],
    ...(addresses.temporalUi === null ? [] : ([['', `${addresses.temporal}  (clients)`]] as [string, string][])),
    ['Mails', addresses.inbox ?? 'go to the server in courier.smtp.connection_uri'],
    ['Postgres', config.dsn === null ? `psql "$(cat ${join(stack.dataDir, 'dsn')})"` : 'the server in dsn'],
    ['Data', stack.dataDir + databaseNote(stack)],
    ['Logs', join(stack.dataDir, 'logs')],
  ];
  const table = rows.map(([name, value]) => `  ${name.padEnd(11)}${value}`).join('\n');
  const notes = [
    ...(config.dev ? ['Development mode is on (dev: true): cookies travel without TLS.'] : []),
    ...(stack.ignored.length > 0
      ? [`Kratos keys in the config file without effect here: ${stack.ignored.join(', ')}`]
      : []),
  ];
  return `
Latchkey is ready.

${table}
${notes.map((note) => `\n  ${note}`).join('')}
${firstRequest(stack)}
Ctrl-C stops everything. What is in the data folder stays.
`;
}

/** Root's Postgres runs under an account of its own, which may be unable to enter the data folder. */
function databaseNote({ config, dataDir }: Stack): string {
  if (config.dsn !== null) return '';
  const folder = join(dataDir, 'postgres');
  const real = realpathSync(folder);
  return real.startsWith(realpathSync(dataDir)) ? '' : `  (its database lies in ${real})`;
}

function adminNote({ config }: Stack): string {
  const count = config.adminApi.keys.length;
  return count === 0
    ? '(open on loopback, no key asked; admin_api.keys closes it)'
    : `(opens with one of ${count} keys: -H "authorization: Bearer …")`;
}

/** Makes a person and a recovery code for them. Only for schemas that it can fill in by itself. */
function firstRequest({ addresses, config }: Stack): string {
  const schemaId = config.identity.defaultSchemaId;
  const schema = config.identity.schemas.find(({ id }) => id === schemaId)?.schema;
  const traits = (schema?.['properties'] as { traits?: { properties?: object; required?: string[] } } | undefined)
    ?.traits;
  const canFill = 'email' in (traits?.properties ?? {}) && (traits?.required ?? []).every((name) => name === 'email');
  if (!canFill || config.adminApi.keys.length > 0) return '';
  const body = `{"schema_id":"${schemaId}","traits":{"email":"ada-'$(date +%s)'@example.com"}}`;
  return `
First requests, to paste: a new person, and a code with which they get in.

  id=$(curl -s -H 'content-type: application/json' -d '${body}' \\
    ${addresses.adminApi}/admin/identities | node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).id')
  curl -s -H 'content-type: application/json' -d '{"identity_id":"'$id'"}' ${addresses.adminApi}/admin/recovery/code
`;
}
