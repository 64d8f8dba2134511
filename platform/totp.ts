import { Secret, TOTP } from 'otpauth';

/** What authenticator apps take for granted. */
const SCHEME = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
/** Steps before and after the present one that are taken, for clocks that differ (RFC 6238, 5.2). */
const WINDOW = 1;

/** A new TOTP secret in base32, of 160 bits (RFC 4226, 4, R6). */
export function newTotpSecret(): string {
  return new Secret({ size: 20 }).base32;
}

/** The address that an authenticator app reads from a QR code. */
export function totpUrl(secret: string, names: { issuer: string; account: string }): string {
  return new TOTP({ ...SCHEME, issuer: names.issuer, label: names.account, secret }).toString();
}

/**
 * The time step (RFC 6238, 4.2) that a code belongs to, of the present one and its neighbours; undefined for a wrong
 * code. Whoever takes the code keeps the step and takes none at or before it again (RFC 6238, 5.2).
 */
export function totpStep(secret: string, typed: string, nowMs: number): number | undefined {
  const token = typed.replace(/\s/g, '');
  if (!/^\d{6}$/.test(token)) return undefined;
  const away = TOTP.validate({ ...SCHEME, token, secret: Secret.fromBase32(secret), timestamp: nowMs, window: WINDOW });
  return away === null ? undefined : Math.floor(nowMs / (SCHEME.period * 1_000)) + away;
}
