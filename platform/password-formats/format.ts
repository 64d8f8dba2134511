import { timingSafeEqual } from 'node:crypto';

/** A way in which passwords may have been hashed before they came here. The formats are those that Kratos imports. */
export interface PasswordFormat {
  /** What a stored hash of this format looks like. */
  readonly pattern: RegExp;
  /** False when such a hash is broken, or would cost so much to verify that others had to wait for it. */
  readonly usable: (stored: string) => boolean;
  /** Whether `plain` is the password. Only for hashes that are usable. */
  readonly verify: (stored: string, plain: string) => Promise<boolean>;
}

/** Compares without telling by its time where two values differ. */
export function equal(left: Buffer, right: Buffer): boolean {
  return left.length > 0 && left.length === right.length && timingSafeEqual(left, right);
}

/** The bytes of base64, padded or not; empty when it is not base64. */
export function base64(text: string): Buffer {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
}
