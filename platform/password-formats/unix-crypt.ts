import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { projectRoot } from '../paths.js';
import { equal } from './format.js';
import type { PasswordFormat } from './format.js';

/** Found from the project's root: it is no TypeScript, so the build leaves it where it is. */
const WORKER = join(projectRoot, 'platform', 'password-formats', 'unix-crypt-worker.mjs');
const DEFAULT_ROUNDS = 5_000;
/** passlib's default is 656,000. The scheme itself allows a thousand million: hours. */
const MAX_ROUNDS = 1_000_000;

interface Crypt {
  scheme: '1' | '5' | '6';
  salt: string;
  rounds: number;
}

/** Poul-Henning Kamp's MD5 scheme of Unix: `$1$<salt>$<hash>`; Kratos writes `$md5-crypt$`. */
export const md5CryptFormat: PasswordFormat = {
  pattern: /^\$(1|md5-crypt)\$[^$]{0,8}\$[./A-Za-z0-9]{22}$/,
  usable: () => true,
  verify,
};

/** Ulrich Drepper's SHA schemes of Unix: `$5$rounds=<n>$<salt>$<hash>` and `$6$`; Kratos writes `$sha256-crypt$`. */
export const shaCryptFormat: PasswordFormat = {
  pattern:
    /^\$((5|sha256-crypt)\$(rounds=\d+\$)?[^$]{0,16}\$[./A-Za-z0-9]{43}|(6|sha512-crypt)\$(rounds=\d+\$)?[^$]{0,16}\$[./A-Za-z0-9]{86})$/,
  usable: (stored) => read(stored).crypt.rounds <= MAX_ROUNDS,
  verify,
};

async function verify(stored: string, plain: string): Promise<boolean> {
  const { crypt, hash } = read(stored);
  return equal(Buffer.from(await compute(crypt, plain)), Buffer.from(hash));
}

function read(stored: string): { crypt: Crypt; hash: string } {
  const [, name = '', ...rest] = stored.split('$');
  const scheme = ({ 'md5-crypt': '1', 'sha256-crypt': '5', 'sha512-crypt': '6' }[name] ?? name) as Crypt['scheme'];
  const given = /^rounds=(\d+)$/.exec(rest[0] ?? '')?.[1];
  const [salt = '', hash = ''] = given === undefined ? rest : rest.slice(1);
  return { crypt: { scheme, salt, rounds: given === undefined ? DEFAULT_ROUNDS : Number(given) }, hash };
}

let last: Promise<unknown> = Promise.resolve();

/** Computes the hash in a thread of its own, one at a time: thousands of small digests are no work for the event loop. */
function compute(crypt: Crypt, password: string): Promise<string> {
  const result = last.then(
    () =>
      new Promise<string>((resolve, reject) => {
        const worker = new Worker(WORKER, { workerData: { ...crypt, password } });
        worker.once('message', resolve).once('error', reject);
      }),
  );
  last = result.catch(() => undefined);
  return result;
}
