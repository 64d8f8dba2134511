import { createCipheriv, pbkdf2, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { base64, equal } from './format.js';
import type { PasswordFormat } from './format.js';

const MAX_PBKDF2_ITERATIONS = 5_000_000;
const MAX_SCRYPT_BYTES = 1_073_741_824;
const MAX_SCRYPT_LANES = 32;
const MAX_KEY_BYTES = 512;
/** Both are run in libuv's threads. */
const derivePbkdf2 = promisify(pbkdf2);

interface Scrypt {
  N: number;
  r: number;
  p: number;
}

/** `$pbkdf2-<digest>$i=<iterations>,l=<length>$<salt>$<hash>`. */
export const pbkdf2Format: PasswordFormat = {
  pattern: /^\$pbkdf2-sha(1|224|256|384|512)\$i=\d+,l=\d+\$[^$]+\$[^$]+$/,
  usable(stored) {
    const { iterations, salt, hash } = readPbkdf2(stored);
    return iterations >= 1 && iterations <= MAX_PBKDF2_ITERATIONS && salt.length > 0 && isKey(hash);
  },
  async verify(stored, plain) {
    const { digest, iterations, salt, hash } = readPbkdf2(stored);
    return equal(await derivePbkdf2(plain, salt, iterations, hash.length, digest), hash);
  },
};

function readPbkdf2(stored: string) {
  const [, name = '', parameters = '', salt = '', hash = ''] = stored.split('$');
  const iterations = Number(/^i=(\d+),/.exec(parameters)?.[1]);
  return { digest: name.replace('pbkdf2-', ''), iterations, salt: base64(salt), hash: base64(hash) };
}

/** `$scrypt$ln=<N>,r=<r>,p=<p>$<salt>$<hash>`. */
export const scryptFormat: PasswordFormat = {
  pattern: /^\$scrypt\$ln=\d+,r=\d+,p=\d+\$[^$]+\$[^$]+$/,
  usable(stored) {
    const { cost, salt, hash } = readScrypt(stored);
    return isAffordable(cost) && salt.length > 0 && isKey(hash);
  },
  async verify(stored, plain) {
    const { cost, salt, hash } = readScrypt(stored);
    return equal(await deriveScrypt(plain, salt, hash.length, cost), hash);
  },
};

function readScrypt(stored: string) {
  const [, , parameters = '', salt = '', hash = ''] = stored.split('$');
  const { ln, r, p } = readCost(parameters);
  // Kratos puts N itself there, everybody else its logarithm. No N in use is as small as a logarithm.
  return { cost: { N: ln < 32 ? 2 ** ln : ln, r, p }, salt: base64(salt), hash: base64(hash) };
}

/** Firebase's own: `$firescrypt$ln=<log2 N>,r=<r>,p=<p>$<salt>$<hash>$<salt separator>$<signer key>`. */
export const firebaseScryptFormat: PasswordFormat = {
  pattern: /^\$firescrypt\$ln=\d+,r=\d+,p=\d+(\$[^$]+){4}$/,
  usable(stored) {
    const { cost, salt, hash, signerKey } = readFirebase(stored);
    return isAffordable(cost) && salt.length > 0 && isKey(hash) && hash.length === signerKey.length;
  },
  async verify(stored, plain) {
    const { cost, salt, separator, hash, signerKey } = readFirebase(stored);
    const key = await deriveScrypt(plain, Buffer.concat([salt, separator]), 32, cost);
    return equal(createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(signerKey), hash);
  },
};

function readFirebase(stored: string) {
  const [, , parameters = '', salt = '', hash = '', separator = '', signerKey = ''] = stored.split('$');
  const { ln, r, p } = readCost(parameters);
  return {
    cost: { N: 2 ** ln, r, p },
    salt: base64(salt),
    hash: base64(hash),
    separator: base64(separator),
    signerKey: base64(signerKey),
  };
}

function readCost(parameters: string): { ln: number; r: number; p: number } {
  const [ln = NaN, r = NaN, p = NaN] = (parameters.match(/\d+/g) ?? []).map(Number);
  return { ln, r, p };
}

function isAffordable({ N, r, p }: Scrypt): boolean {
  const powerOfTwo = Number.isInteger(Math.log2(N)) && N > 1;
  return powerOfTwo && r >= 1 && p >= 1 && p <= MAX_SCRYPT_LANES && 128 * N * r <= MAX_SCRYPT_BYTES;
}

function isKey(hash: Buffer): boolean {
  return hash.length > 0 && hash.length <= MAX_KEY_BYTES;
}

function deriveScrypt(plain: string, salt: Buffer, length: number, { N, r, p }: Scrypt): Promise<Buffer> {
  // Node refuses more than 32 MiB unless told; what is needed is 128 * r * (N + p), and a little.
  const maxmem = 128 * r * (N + p) + 1_048_576;
  return new Promise((resolve, reject) => {
    scrypt(plain, salt, length, { N, r, p, maxmem }, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
