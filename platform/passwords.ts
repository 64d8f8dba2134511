import { randomBytes } from 'node:crypto';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import type { Algorithm } from '@node-rs/argon2';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { LatchkeyError } from '../schemas/errors.js';
import type { PasswordFormat } from './password-formats/format.js';
import { firebaseScryptFormat, pbkdf2Format, scryptFormat } from './password-formats/key-derivation.js';
import { hmacFormat, md5Format, saltedShaFormat, shaFormat } from './password-formats/plain-digests.js';
import { md5CryptFormat, shaCryptFormat } from './password-formats/unix-crypt.js';

/** Cost of argon2id; memory in KiB, lengths in bytes. */
export interface Argon2Parameters {
  readonly memoryKib: number;
  readonly iterations: number;
  readonly parallelism: number;
  readonly saltLength?: number;
  readonly keyLength?: number;
}

// The library declares its enum without a value at run time.
const ARGON2ID = 2 as Algorithm.Argon2id;

/** An imported hash that costs more than this to verify would stop the service for everybody: 1 GiB, 32 passes. */
const MAX_IMPORTED_COST = { memoryKib: 1_048_576, iterations: 32 };
/** About four seconds. */
const MAX_BCRYPT_COST = 16;
const MAX_HASH_LENGTH = 2_048;

const argon2Format: PasswordFormat = {
  pattern: /^\$argon2(id|i|d)\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/,
  usable(stored) {
    const { memoryCost, timeCost } = parseOptions(stored);
    return memoryCost <= MAX_IMPORTED_COST.memoryKib && timeCost <= MAX_IMPORTED_COST.iterations;
  },
  verify: (stored, plain) => verify(stored, plain),
};

const bcryptFormat: PasswordFormat = {
  pattern: /^\$2[abxy]?\$\d{2}\$[./A-Za-z0-9]{53}$/,
  usable: (stored) => Number(/^\$2[abxy]?\$(\d{2})\$/.exec(stored)?.[1]) <= MAX_BCRYPT_COST,
  verify: (stored, plain) => verifyBcrypt(plain, lettered(stored)),
};

/** The first bcrypts had no letter; for passwords that are text without NUL they are the same. */
function lettered(bcrypt: string): string {
  return bcrypt.replace(/^\$2\$/, '$2a$');
}

const FORMATS: readonly PasswordFormat[] = [
  argon2Format,
  bcryptFormat,
  pbkdf2Format,
  scryptFormat,
  firebaseScryptFormat,
  saltedShaFormat,
  shaFormat,
  md5Format,
  hmacFormat,
  md5CryptFormat,
  shaCryptFormat,
];

/** Hashes a new password with argon2id. The work is done off the event loop. */
export async function hashPassword(plain: string, parameters: Argon2Parameters): Promise<string> {
  return hash(plain, {
    algorithm: ARGON2ID,
    memoryCost: parameters.memoryKib,
    timeCost: parameters.iterations,
    parallelism: parameters.parallelism,
    outputLen: parameters.keyLength ?? 32,
    salt: randomBytes(parameters.saltLength ?? 16),
  });
}

/**
 * True when `plain` is the password of `stored`, in any format that can be imported. The work is done off the event
 * loop. Throws nothing; false for what it cannot read.
 */
export async function verifyPassword(stored: string, plain: string): Promise<boolean> {
  const format = formatOf(stored);
  try {
    return format !== undefined && format.usable(stored) && (await format.verify(stored, plain));
  } catch {
    return false;
  }
}

/** True for a hash that `hashPassword` would not make any more: another format, or one that costs less. */
export function isOutdated(stored: string, parameters: Argon2Parameters): boolean {
  if (!stored.startsWith('$argon2id$')) return true;
  try {
    const { memoryCost, timeCost } = parseOptions(stored);
    return memoryCost < parameters.memoryKib || timeCost < parameters.iterations;
  } catch {
    return true;
  }
}

/**
 * Refuses a hash that this service could never verify, or only at an absurd cost.
 *
 * @param field where the hash stands, for the error
 * @throws LatchkeyError bad_request
 */
export function assertImportableHash(imported: string, field: string): void {
  const format = imported.length <= MAX_HASH_LENGTH ? formatOf(imported) : undefined;
  if (!format) {
    const known = 'argon2, bcrypt, pbkdf2, scrypt, SSHA, SHA, MD5, HMAC or Unix crypt';
    throw new LatchkeyError('bad_request', { reason: `${field}: is not in a known hash format (${known})` });
  }
  if (!isUsable(format, imported)) {
    throw new LatchkeyError('bad_request', { reason: `${field}: is broken, or costs too much to verify` });
  }
}

function isUsable(format: PasswordFormat, stored: string): boolean {
  try {
    return format.usable(stored);
  } catch {
    return false;
  }
}

function formatOf(stored: string): PasswordFormat | undefined {
  return FORMATS.find(({ pattern }) => pattern.test(stored));
}
