import { hash, parseOptions, verify } from '@node-rs/argon2';
import type { Algorithm } from '@node-rs/argon2';
import { LatchkeyError } from '../schemas/errors.js';

/** Cost of argon2id; memory in KiB. */
export interface Argon2Parameters {
  readonly memoryKib: number;
  readonly iterations: number;
  readonly parallelism: number;
}

// The library declares its enum without a value at run time.
const ARGON2ID = 2 as Algorithm.Argon2id;

/** An imported hash that costs more than this to verify would stop the service for everybody: 1 GiB, 32 passes. */
const MAX_IMPORTED_COST = { memoryKib: 1_048_576, iterations: 32 };
const MAX_HASH_LENGTH = 2_048;

/**
 * The hash formats that Kratos imports, by the form of the text. Only argon2 can be verified so far; the others are kept
 * as they are, and such an account gets in by recovery.
 */
const FORMATS = {
  argon2: /^\$argon2(id|i|d)\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/,
  bcrypt: /^\$2[abxy]?\$\d{2}\$[./A-Za-z0-9]{53}$/,
  pbkdf2: /^\$pbkdf2-sha(1|224|256|384|512)\$[!-~]+$/,
  scrypt: /^\$scrypt\$ln=\d+,r=\d+,p=\d+\$[!-~]+$/,
  firebaseScrypt: /^\$firescrypt\$ln=\d+,r=\d+,p=\d+\$[!-~]+$/,
  saltedSha: /^\{SSHA(256|512)?\}[A-Za-z0-9+/=]+$/,
  sha: /^\$sha(1|256|512)\$[!-~]+$/,
  shaCrypt: /^\$(5|6|sha256-crypt|sha512-crypt)\$[!-~]+$/,
  md5: /^\$md5\$[!-~]+$/,
  md5Crypt: /^\$(1|md5-crypt)\$[!-~]+$/,
  hmac: /^\$hmac-[a-z0-9_-]+\$[!-~]+$/,
} as const satisfies Record<string, RegExp>;

/** A format of password hashes that can be imported. */
export type HashFormat = keyof typeof FORMATS;

/** Hashes a new password with argon2id. The work is done off the event loop. */
export async function hashPassword(plain: string, parameters: Argon2Parameters): Promise<string> {
  return hash(plain, {
    algorithm: ARGON2ID,
    memoryCost: parameters.memoryKib,
    timeCost: parameters.iterations,
    parallelism: parameters.parallelism,
  });
}

/**
 * True when `plain` is the password of `stored`. Off the event loop; throws nothing. False for formats that cannot be
 * verified (yet).
 */
export async function verifyPassword(stored: string, plain: string): Promise<boolean> {
  if (hashFormat(stored) !== 'argon2') return false;
  try {
    return await verify(stored, plain);
  } catch {
    return false;
  }
}

/** The format of a stored or imported hash, or undefined for an unknown one. */
export function hashFormat(stored: string): HashFormat | undefined {
  const formats = Object.keys(FORMATS) as HashFormat[];
  return formats.find((format) => FORMATS[format].test(stored));
}

/**
 * Refuses a hash that this service could never verify, or only at an absurd cost.
 *
 * @param field where the hash stands, for the error
 * @throws LatchkeyError bad_request
 */
export function assertImportableHash(imported: string, field: string): void {
  const format = imported.length <= MAX_HASH_LENGTH ? hashFormat(imported) : undefined;
  if (!format) {
    const known = 'argon2, bcrypt, pbkdf2, scrypt, SSHA, SHA, MD5 or HMAC';
    throw new LatchkeyError('bad_request', { reason: `${field}: is not in a known hash format (${known})` });
  }
  if (format === 'argon2' && !isAffordable(imported)) {
    throw new LatchkeyError('bad_request', { reason: `${field}: is broken, or costs too much to verify` });
  }
}

function isAffordable(argon2: string): boolean {
  try {
    const { memoryCost, timeCost } = parseOptions(argon2);
    return memoryCost <= MAX_IMPORTED_COST.memoryKib && timeCost <= MAX_IMPORTED_COST.iterations;
  } catch {
    return false;
  }
}
