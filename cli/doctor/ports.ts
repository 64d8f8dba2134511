import { isObject } from '../values.js';
import { harmless } from '../words.js';
import { failed, ok, warning } from './check.js';
import type { Check } from './check.js';
import { probe } from './probe.js';
import type { Probe } from './probe.js';

/** More than this is enough to spoil one-time codes of authenticator apps, which last 30 seconds. */
const TOO_FAR_MS = 15_000;
const FAR_MS = 3_000;

/** The looks at the two ports, at the key, at the versions and at the clocks. */
export async function portChecks(ports: {
  adminUrl: string;
  publicUrl: string;
  key: string | undefined;
  ownVersion: string;
}): Promise<Check[]> {
  const { adminUrl, publicUrl, key, ownVersion } = ports;
  const [admin, adminReady, version, open, openReady, schemas] = await Promise.all([
    probe(adminUrl, 'health/alive'),
    probe(adminUrl, 'health/ready'),
    probe(adminUrl, 'admin/version', key),
    probe(publicUrl, 'health/alive'),
    probe(publicUrl, 'health/ready'),
    probe(publicUrl, 'schemas'),
  ]);
  return [
    alive('Admin port', adminUrl, admin, '--admin-url or LATCHKEY_ADMIN_URL'),
    ...(isAlive(admin)
      ? [ready('Admin port, ready', adminReady), ...keyAndVersion(adminUrl, version, ownVersion)]
      : []),
    alive('Public port', publicUrl, open, '--public-url or LATCHKEY_PUBLIC_URL'),
    ...(isAlive(open) ? [ready('Public port, ready', openReady), rightPort(publicUrl, schemas)] : []),
    ...clocks([admin, open]),
  ];
}

function isAlive(answer: Probe): boolean {
  return answer.answered && answer.status === 200;
}

function alive(name: string, url: string, answer: Probe, option: string): Check {
  if (isAlive(answer)) return ok(name, `${url} is alive`);
  const found = answer.answered
    ? `${url} answers with status ${answer.status}`
    : `${url} does not answer (${answer.why})`;
  return failed(name, found, `Start the service (npm start), or name its address with ${option}.`);
}

const REMEDIES: Readonly<Record<string, string>> = {
  database: 'Look whether Postgres runs, and at dsn in the configuration; has the migration job run?',
  temporal: 'Look whether Temporal and the worker run, and at temporal.address, namespace and task_queue.',
};

function ready(name: string, answer: Probe): Check {
  if (isAlive(answer)) return ok(name, 'the database, Temporal and a worker are well');
  const errors = answer.answered && isObject(answer.body) && isObject(answer.body.errors) ? answer.body.errors : {};
  const found = Object.entries(errors).map(([part, what]) => `${part}: ${harmless(String(what))}`);
  const next = Object.keys(errors).map((part) => REMEDIES[part] ?? `Look after the ${part}.`);
  return failed(
    name,
    found.join('; ') ||
      (answer.answered ? `it answers with status ${answer.status}` : `it does not answer (${answer.why})`),
    next.join(' ') || 'Look into the log of the API.',
  );
}

function keyAndVersion(adminUrl: string, answer: Probe, ownVersion: string): Check[] {
  const name = 'Admin key';
  if (!answer.answered) return [failed(name, `no answer (${answer.why})`, 'Look into the log of the API.')];
  if (answer.status >= 300 && answer.status < 400) {
    const next = `Name the admin port, perhaps ${answer.location ? new URL(answer.location, adminUrl).origin : 'port 4434'}, with --admin-url.`;
    return [failed('Admin port, right one', `${adminUrl} is the public port`, next)];
  }
  if (answer.status === 401) {
    const body = answer.body;
    const reason = isObject(body) && isObject(body.error) ? String(body.error.reason ?? '') : '';
    const next =
      'Put a valid key into LATCHKEY_ADMIN_KEY, or into a file that --key-file names; npm run admin-key makes one.';
    return [failed(name, harmless(reason) || 'the service asks for a key', next)];
  }
  if (answer.status !== 200) return [failed(name, `status ${answer.status}`, 'Look into the log of the API.')];
  const theirs = isObject(answer.body) ? String(answer.body.version) : 'unknown';
  return [
    ok(name, 'the service lets this caller in'),
    theirs === ownVersion
      ? ok('Versions', `service and command line are ${ownVersion}`)
      : warning(
          'Versions',
          `the service is ${harmless(theirs)}, this command line ${ownVersion}`,
          `Use npx latchkey@${harmless(theirs)}, or upgrade the service.`,
        ),
  ];
}

function rightPort(publicUrl: string, schemas: Probe): Check {
  if (isAlive(schemas)) return ok('Public port, right one', 'it shows the identity schemas');
  const found =
    schemas.answered && schemas.location ? `${publicUrl} is the admin port` : `${publicUrl} shows no identity schemas`;
  return failed(
    'Public port, right one',
    found,
    'Name the public port (4433 unless configured otherwise) with --public-url.',
  );
}

function clocks(answers: readonly Probe[]): Check[] {
  const name = 'Clocks';
  const ahead = answers.flatMap((answer) =>
    answer.answered && answer.clockAheadMs !== null ? [answer.clockAheadMs] : [],
  );
  const [worst] = [...ahead].sort((a, b) => Math.abs(b) - Math.abs(a));
  if (worst === undefined) return [];
  const apart = Math.abs(worst);
  const found = `the service is ${(apart / 1_000).toFixed(0)} s ${worst > 0 ? 'ahead of' : 'behind'} this machine`;
  const next = 'Set both clocks by NTP: deadlines and one-time codes depend on them.';
  if (apart > TOO_FAR_MS) return [failed(name, found, next)];
  return [apart > FAR_MS ? warning(name, found, next) : ok(name, 'the service and this machine agree')];
}
