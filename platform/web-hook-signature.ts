import { createHmac, hkdfSync } from 'node:crypto';
import type { Config } from './config/config.js';

/**
 * The keys that sign web hooks, as their receivers hold them: `secrets.webhook`, or one derived from the first of
 * `secrets.default`.
 */
export function webHookKeys(secrets: Config['secrets']): readonly string[] {
  if (secrets.webhook.length > 0) return secrets.webhook;
  return secrets.default
    .slice(0, 1)
    .map((secret) => Buffer.from(hkdfSync('sha256', secret, 'latchkey', 'web hook', 32)).toString('hex'));
}

/**
 * The value of `Latchkey-Signature`: `t=<seconds>,v1=<hex>`, with the HMAC-SHA-256 of `<seconds>.<body>`, one `v1` for
 * each key. The time is part of what is signed, so that a receiver can refuse what was replayed.
 *
 * @param seconds since the epoch, whole
 */
export function webHookSignature(keys: readonly string[], seconds: number, body: string): string {
  const signatures = keys.map((key) => `v1=${createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')}`);
  return [`t=${seconds}`, ...signatures].join(',');
}
