import { createHash, createHmac } from 'node:crypto';
import { base64, equal } from './format.js';
import type { PasswordFormat } from './format.js';

/**
 * Single digests, with or without salt. They take microseconds, which is why nobody should store passwords so; they are
 * replaced at the first login.
 */

const SSHA: Record<string, { digest: string; length: number }> = {
  SSHA: { digest: 'sha1', length: 20 },
  SSHA256: { digest: 'sha256', length: 32 },
  SSHA512: { digest: 'sha512', length: 64 },
};

/** LDAP's (RFC 2307 and after): `{SSHA}<base64 of digest and salt>`. */
export const saltedShaFormat: PasswordFormat = {
  pattern: /^\{SSHA(256|512)?\}[A-Za-z0-9+/]+={0,2}$/,
  usable: (stored) => readSsha(stored).salt.length > 0,
  async verify(stored, plain) {
    const { digest, hash, salt } = readSsha(stored);
    return equal(createHash(digest).update(plain).update(salt).digest(), hash);
  },
};

function readSsha(stored: string) {
  const end = stored.indexOf('}');
  const { digest, length } = SSHA[stored.slice(1, end)] ?? { digest: 'sha1', length: 20 };
  const bytes = base64(stored.slice(end + 1));
  return { digest, hash: bytes.subarray(0, length), salt: bytes.subarray(length) };
}

const DIGEST_LENGTH: Record<string, number> = { md5: 16, sha1: 20, sha256: 32, sha512: 64 };

/** `$<digest>$pf=<base64 of a pattern with {SALT} and {PASSWORD}>$<salt>$<hash>`. */
export const shaFormat: PasswordFormat = {
  pattern: /^\$sha(1|256|512)\$pf=[^$]+\$[^$]*\$[^$]+$/,
  usable: isWholeDigest,
  verify: verifyDigest,
};

/** The same with MD5, and `$md5$<hash>` without salt. */
export const md5Format: PasswordFormat = {
  pattern: /^\$md5\$(pf=[^$]+\$[^$]*\$)?[^$]+$/,
  usable: isWholeDigest,
  verify: verifyDigest,
};

function isWholeDigest(stored: string): boolean {
  const { digest, hash } = readDigest(stored);
  return hash.length === DIGEST_LENGTH[digest];
}

async function verifyDigest(stored: string, plain: string): Promise<boolean> {
  const { digest, hash, pattern, salt } = readDigest(stored);
  // As latin1, so that a salt may be any bytes.
  const password = Buffer.from(plain).toString('latin1');
  const text = pattern.replace(/\{SALT\}|\{PASSWORD\}/g, (place) => (place === '{SALT}' ? salt : password));
  return equal(createHash(digest).update(Buffer.from(text, 'latin1')).digest(), hash);
}

function readDigest(stored: string) {
  const [, digest = '', ...rest] = stored.split('$');
  const [pf, salt = '', hash = ''] = rest.length === 3 ? rest : [undefined, '', rest[0]];
  return {
    digest,
    hash: base64(hash),
    salt: base64(salt).toString('latin1'),
    pattern: pf === undefined ? '{PASSWORD}' : base64(pf.replace('pf=', '')).toString('latin1'),
  };
}

/**
 * `$hmac-<digest>$<base64 of the MAC in hexadecimal>$<base64 of the key>`. Kratos takes MD4 too, which OpenSSL no longer
 * has.
 */
export const hmacFormat: PasswordFormat = {
  pattern: /^\$hmac-(md5|sha1|sha224|sha256|sha384|sha512)\$[^$]+\$[^$]+$/,
  usable(stored) {
    const { hash, key } = readHmac(stored);
    return hash.length >= 32 && key.length > 0;
  },
  async verify(stored, plain) {
    const { digest, hash, key } = readHmac(stored);
    return equal(Buffer.from(createHmac(digest, key).update(plain).digest('hex')), hash);
  },
};

function readHmac(stored: string) {
  const [, name = '', hash = '', key = ''] = stored.split('$');
  return { digest: name.replace('hmac-', ''), hash: base64(hash), key: base64(key) };
}
