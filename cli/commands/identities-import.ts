import type { JsonObject, JsonValue } from '../../schemas/json.js';
import type { AdminApi } from '../admin-api.js';
import type { Call, Command } from '../command.js';
import { CliError, EXIT, usageError } from '../exit.js';
import { isObject, parseJson, readText } from '../values.js';
import { harmless } from '../words.js';

/** Few enough that a request with clear-text passwords, which the service hashes, ends in good time. */
const PER_REQUEST = 50;
/** Well below the service's default limit on bodies, 1 MB. */
const MAX_BYTES = 500_000;
const TIMEOUT_MS = 120_000;
const CONFLICT = 409;
const SHOWN_FAILURES = 20;

/** What an export of identities holds beside what a creation takes. */
const READ_ONLY = ['id', 'schema_url', 'state_changed_at', 'created_at', 'updated_at', 'organization_id'];

type Failure = { line: number; reason: string };

/** `latchkey identities import` */
export const importIdentities: Command = {
  name: 'import',
  summary: 'Create many identities from a file.',
  arguments: [{ name: 'file', help: 'a JSON array of identities, or one identity a line; - reads standard input' }],
  options: [{ name: 'skip-existing', help: 'pass over those whose address, login name or external id is taken' }],
  details: [
    'An identity is what POST /admin/identities takes, or what identities list --json (and Kratos) gives: ids, dates and credentials other than passwords are then left out. Identities are created in their order; one that cannot be created does not hold up the others, and is told with its place in the file. Running it again with --skip-existing goes on where it was broken off.',
  ],
  examples: ['identities import people.json', 'identities import people.json --skip-existing'],
  async run(call) {
    const file = call.args[0] ?? '';
    const items = entriesOf(await readText(call, file), file).map(creatable);
    const skip = call.flag('skip-existing');
    const failures: Failure[] = [];
    let [created, existing] = [0, 0];
    const progress = call.print.progress(items.length);
    const api = call.api();
    try {
      let at = 0;
      for (const chunk of chunksOf(items)) {
        for (const [index, result] of (await createAll(api, chunk)).entries()) {
          if (result === null) created += 1;
          else if (skip && result.code === CONFLICT) existing += 1;
          else failures.push({ line: at + index + 1, reason: result.reason });
        }
        at += chunk.length;
        progress.update(at, failures.length > 0 ? `${failures.length} failed` : '');
      }
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      const next = `${created} were created before that. Run it again with --skip-existing to go on.`;
      throw new CliError(error.exit, error.message, next);
    } finally {
      progress.end();
    }
    report(call, { created, existing, failures });
    return failures.length > 0 ? EXIT.failed : undefined;
  },
};

function report(
  call: Call,
  { created, existing, failures }: { created: number; existing: number; failures: Failure[] },
): void {
  const also = existing > 0 ? `, ${existing} existed already` : '';
  call.print.done(`${created} created${also}, ${failures.length} failed.`, { created, existing, failures });
  if (call.print.json) return;
  for (const { line, reason } of failures.slice(0, SHOWN_FAILURES)) call.print.note(`  ${line}: ${harmless(reason)}`);
  const rest = failures.length - SHOWN_FAILURES;
  if (rest > 0) call.print.note(`  and ${rest} more; --json lists all`);
}

/** Creates some; for each null, or why not. */
async function createAll(
  api: AdminApi,
  chunk: readonly JsonObject[],
): Promise<({ code: number; reason: string } | null)[]> {
  const { body } = await api.patch('admin/identities', { identities: chunk.map((create) => ({ create })) }, TIMEOUT_MS);
  const results = (
    body as { identities: { action: string; error?: { code: number; reason?: string; message?: string } }[] }
  ).identities;
  return results.map(({ action, error }) =>
    action === 'create' ? null : { code: error?.code ?? 0, reason: error?.reason ?? error?.message ?? 'not created' },
  );
}

function entriesOf(text: string, file: string): JsonObject[] {
  const start = text.trimStart()[0];
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const perLine = start === '{' && lines.length > 1 && lines.every((line) => /^\s*\{.*\}\s*$/.test(line));
  const value: JsonValue = perLine
    ? lines.map((line, at) => parseJson(line, `${file}, line ${at + 1}`))
    : parseJson(text, file);
  const list = isObject(value) && Array.isArray(value.identities) ? value.identities : value;
  if (!Array.isArray(list)) throw usageError(`${file}: is not a list of identities.`);
  return list.map((entry, at) => {
    if (isObject(entry)) return entry;
    throw usageError(`${file}: entry ${at + 1} is not a JSON object.`);
  });
}

/** An identity as a creation takes it. */
function creatable(entry: JsonObject): JsonObject {
  const kept = Object.fromEntries(Object.entries(entry).filter(([name]) => !READ_ONLY.includes(name)));
  if (!isObject(kept.credentials)) return kept;
  const { password } = kept.credentials;
  const config = isObject(password) && isObject(password.config) ? password.config : {};
  const { password: clear, hashed_password: hashed } = config;
  delete kept.credentials;
  if (clear === undefined && hashed === undefined) return kept;
  const given = {
    ...(clear !== undefined && { password: clear }),
    ...(hashed !== undefined && { hashed_password: hashed }),
  };
  return { ...kept, credentials: { password: { config: given } } };
}

function* chunksOf(items: readonly JsonObject[]): Generator<JsonObject[]> {
  let chunk: JsonObject[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item)) + 20;
    if (chunk.length === PER_REQUEST || (chunk.length > 0 && bytes + size > MAX_BYTES)) {
      yield chunk;
      [chunk, bytes] = [[], 0];
    }
    chunk.push(item);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
