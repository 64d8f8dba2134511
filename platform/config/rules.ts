import { isIPv4 } from 'node:net';
import type { ConfigFile } from '../../schemas/config.js';
import { MACHINE_SCHEMA_ID } from '../../schemas/machines.js';
import { parseGoDuration } from '../../workflows/domain/duration.js';
import type { ProblemList } from './errors.js';
import { parseSize } from './size.js';

/** Keys that may be missing from a file, and that some processes cannot do without. */
export type NeededKey = 'dsn' | 'courier.smtp.connection_uri' | 'secrets.default';

const HOW_TO_GIVE: Record<NeededKey, string> = {
  dsn: 'is missing; name a database, such as "postgres://user:password@host:5432/latchkey"',
  'courier.smtp.connection_uri': 'is missing; name a mail server, such as "smtp://user:password@host:587/"',
  'secrets.default': 'is missing; put at least one random secret there (`openssl rand -hex 32` prints one)',
};

/** True for hosts that only this machine can reach: 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Reports what is wrong between keys that are each right by themselves. */
export function checkRules(file: ConfigFile, needed: readonly NeededKey[], problems: ProblemList): void {
  const present: Record<NeededKey, boolean> = {
    dsn: file.dsn !== undefined,
    'courier.smtp.connection_uri': file.courier.smtp.connection_uri !== undefined,
    'secrets.default': (file.secrets.default ?? []).length > 0,
  };
  for (const key of needed) {
    if (!present[key]) problems.addUnlessWrong([key], HOW_TO_GIVE[key]);
  }
  checkAdminApi(file, problems);
  checkIdentity(file, problems);
  checkTemporal(file, problems);
  checkAttempts(file, problems);
  checkHasher(file, problems);
  checkInvites(file, problems);
}

function checkAdminApi({ serve, admin_api }: ConfigFile, problems: ProblemList): void {
  const { host, port } = serve.admin;
  if (!isLoopback(host) && admin_api.keys.length === 0) {
    problems.addUnlessWrong(
      ['serve.admin.host', 'admin_api.keys'],
      `"${host}" can be reached from other machines, and admin_api.keys is empty; add a key, or use 127.0.0.1`,
    );
  }
  if (port !== 0 && port === serve.public.port && host === serve.public.host) {
    problems.addUnlessWrong(
      ['serve.admin.port', 'serve.public.port', 'serve.admin.host', 'serve.public.host'],
      `${port} is serve.public.port already`,
    );
  }
  reportTwins(
    admin_api.keys.map((key) => key.id),
    'admin_api.keys',
    problems,
  );
}

function checkIdentity({ identity }: ConfigFile, problems: ProblemList): void {
  const ids = (identity.schemas ?? [{ id: 'default' }]).map((schema) => schema.id);
  reportTwins(ids, 'identity.schemas', problems);
  if (ids.includes(MACHINE_SCHEMA_ID)) {
    problems.addUnlessWrong(
      ['identity.schemas'],
      `the id "${MACHINE_SCHEMA_ID}" is that of the built-in schema of machines; name yours otherwise`,
    );
  }
  if (!ids.includes(identity.default_schema_id)) {
    problems.addUnlessWrong(
      ['identity.default_schema_id', 'identity.schemas'],
      `"${identity.default_schema_id}" is not the id of a schema in identity.schemas (${ids.join(', ')})`,
    );
  }
}

function checkTemporal({ temporal }: ConfigFile, problems: ProblemList): void {
  const keys = ['temporal.deployment_name', 'temporal.worker_build_id'] as const;
  if ((temporal.deployment_name === undefined) === (temporal.worker_build_id === undefined)) return;
  const [given, missing] = temporal.deployment_name === undefined ? [keys[1], keys[0]] : keys;
  problems.addUnlessWrong([given, missing], `needs ${missing} too; set both or neither`);
}

function checkAttempts({ limits, selfservice }: ConfigFile, problems: ProblemList): void {
  const ours = limits.attempts_per_flow;
  const kratos = selfservice.methods.code.config.max_submissions;
  if (ours === undefined || kratos === undefined || ours === kratos) return;
  problems.addUnlessWrong(
    ['limits.attempts_per_flow', 'selfservice.methods.code.config.max_submissions'],
    `${ours} contradicts selfservice.methods.code.config.max_submissions, which says ${kratos}; set only one of them`,
  );
}

/** RFC 9106 section 3.1: at least eight kibibytes for each lane, and fewer than 2^32 of them. */
function checkHasher({ hashers }: ConfigFile, problems: ProblemList): void {
  const { memory, parallelism } = hashers.argon2;
  const kibibytes = (parseSize(memory) ?? 0) / 1_024;
  const keys = ['hashers.argon2.memory', 'hashers.argon2.parallelism'] as const;
  if (kibibytes < 8 * parallelism) {
    problems.addUnlessWrong(keys, `"${memory}" is too little; argon2 needs ${8 * parallelism}KB for this parallelism`);
  } else if (kibibytes >= 2 ** 32) {
    problems.addUnlessWrong(keys, `"${memory}" is more than argon2 can use`);
  }
}

function checkInvites({ invites }: ConfigFile, problems: ProblemList): void {
  const { lifespan, max_lifespan: longest } = invites;
  if ((parseGoDuration(lifespan) ?? 0) <= (parseGoDuration(longest) ?? 0)) return;
  const keys = ['invites.lifespan', 'invites.max_lifespan'] as const;
  problems.addUnlessWrong(keys, `"${lifespan}" is longer than invites.max_lifespan, which is "${longest}"`);
}

function reportTwins(ids: readonly string[], key: string, problems: ProblemList): void {
  const twin = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twin !== undefined) problems.addUnlessWrong([key], `the id "${twin}" stands there twice`);
}
