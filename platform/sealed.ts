import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** The secrets that seal: `config.secrets`. */
export interface SealingSecrets {
  readonly cipher: readonly string[];
  readonly default: readonly string[];
}

const VERSION = 'v1.';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts a text for the database: AES-256-GCM under a key derived from the first of `secrets.cipher`, or, where there
 * is none, of `secrets.default`. All of both open, so that secrets rotate.
 *
 * @param context what the text is and whose; a sealed text opens in its own context only, so nobody can move one
 *   person's to another's row
 */
export function seal(secrets: SealingSecrets, plain: string, context: string): string {
  const [first] = keysOf(secrets);
  if (!first) throw new Error('at least one secret is needed');
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', first, iv).setAAD(Buffer.from(context));
  const encrypted = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return VERSION + Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64url');
}

/** @throws Error when the text was altered, belongs elsewhere, or its secret is no longer configured. */
export function unseal(secrets: SealingSecrets, sealed: string, context: string): string {
  const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64url');
  const [iv, tag, encrypted] = [
    bytes.subarray(0, IV_BYTES),
    bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES),
    bytes.subarray(IV_BYTES + TAG_BYTES),
  ];
  if (sealed.startsWith(VERSION) && tag.length === TAG_BYTES) {
    for (const key of keysOf(secrets)) {
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
        decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
        return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString('utf8');
      } catch {
        // Sealed with another one.
      }
    }
  }
  throw new Error('a sealed value cannot be opened: its secret is not in secrets.cipher or secrets.default any more');
}

function keysOf(secrets: SealingSecrets): Buffer[] {
  return [...secrets.cipher, ...secrets.default].map((secret) =>
    Buffer.from(hkdfSync('sha256', secret, 'latchkey', 'sealed', 32)),
  );
}
