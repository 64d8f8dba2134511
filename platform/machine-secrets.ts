import { createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** What the secret of every machine's key begins with. Scanners for leaked secrets can look for it. */
export const MACHINE_SECRET_START = 'lk_machine_';

/** Letters of the random part that lists show: 36 bits of 256, enough to tell keys apart and no help in guessing. */
const SHOWN_LETTERS = 6;

/** A new secret: 256 random bits after {@link MACHINE_SECRET_START}. */
export function randomMachineSecret(): string {
  return secretOf(randomBytes(32));
}

/**
 * The secret of a key that was asked for with an `Idempotency-Key`, under each of the server's secrets; the first one is
 * what a new key gets. It follows from the server's secret, the key's id and the `Idempotency-Key`, which is stored
 * nowhere: so the same request can be answered the same again, and nothing that is stored yields the secret.
 *
 * @param serverSecrets `config.secrets.default`
 */
export function repeatableMachineSecrets(
  serverSecrets: readonly string[],
  keyId: string,
  idempotencyKey: string,
): string[] {
  return serverSecrets.map((serverSecret) => {
    const key = Buffer.from(hkdfSync('sha256', serverSecret, 'latchkey', 'machine secret', 32));
    return secretOf(createHmac('sha256', key).update(`${keyId}|${idempotencyKey}`).digest());
  });
}

/** The part of a secret by which people recognise it. */
export function shownPrefix(secret: string): string {
  return secret.slice(0, MACHINE_SECRET_START.length + SHOWN_LETTERS);
}

function secretOf(bytes: Buffer): string {
  return `${MACHINE_SECRET_START}${bytes.toString('base64url')}`;
}
