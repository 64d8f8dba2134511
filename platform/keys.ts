import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a code or link is asked for; each has keys of its own, so that what proves one proves nothing of the other. */
type ChallengeKind = 'recovery' | 'verification';
type Purpose =
  `${ChallengeKind} code` | `${ChallengeKind} link` | 'submission' | 'address' | 'session token' | 'logout token';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const TOKEN_LENGTH = 32;
export const CODE_DIGITS = 6;

/** What a code is good for: one issue of one flow, for one person at one address, and nothing else. */
export interface Issue {
  flowId: string;
  issue: number;
  identityId: string | null;
  address: string | null;
}

/** Codes and link tokens of one kind of flow. */
export interface ChallengeKeys {
  /** The code of an issue: 6 digits, by HOTP's truncation (RFC 4226, 5.3) over HMAC-SHA-256. */
  code(of: Issue): string;
  /** The link token of an issue: 32 characters, 190 bits. */
  linkToken(of: Issue): string;
  /** True when `digest` is that of the issue's code or link token, under any secret. */
  matches(method: 'code' | 'link', of: Issue, digest: string): boolean;
}

/**
 * Everything that is derived from the server's secrets. The first secret makes, all verify, so that secrets rotate: put
 * the new one in front, and drop the old one when the longest-lived flow made with it is over.
 */
export interface Keys {
  readonly recovery: ChallengeKeys;
  readonly verification: ChallengeKeys;
  /** What goes to Temporal instead of a typed code or token: useless without the secret. */
  submissionDigest(flowId: string, typed: string): string;
  /** A name for an unknown address in the attempt counters, from which the address cannot be told. */
  addressDigest(address: string): string;
  /** The token of a recovered session for one claimant; the same claimant gets the same token again. */
  claimedSessionToken(sessionId: string, claimant: Buffer): string;
  /** What a browser shows to end its session: `ory_lo_` and 32 characters, as Kratos'. */
  logoutToken(sessionId: string): string;
  /** True when `token` is the session's logout token, under any secret. */
  isLogoutToken(sessionId: string, token: string): boolean;
}

/** Random session token of a login: `ory_st_` and 32 characters, as Kratos'. */
export function randomSessionToken(): string {
  return sessionToken(randomBytes(32));
}

/** How tokens are stored and looked up. Tokens carry 190 bits, so a plain SHA-256 is enough. */
export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** @param secrets at least one; `config.secrets.default`. */
export function createKeys(secrets: readonly string[]): Keys {
  const sets = secrets.map((secret) => (purpose: Purpose) => subKey(secret, purpose));
  const first = sets[0];
  if (!first) throw new Error('at least one secret is needed');

  const digest = (key: Buffer, flowId: string, typed: string): Buffer => mac(key, `${flowId}|${typed}`).subarray(0, 18);

  const challenge = (kind: ChallengeKind): ChallengeKeys => {
    const code = (key: Buffer, of: Issue): string => truncate(mac(key, issueName(of)));
    const link = (key: Buffer, of: Issue): string => base62(mac(key, issueName(of)));
    return {
      code: (of) => code(first(`${kind} code`), of),
      linkToken: (of) => link(first(`${kind} link`), of),
      matches(method, of, given) {
        const wanted = Buffer.from(given, 'base64url');
        let found = false;
        // Every pair is compared, found or not: the time tells nothing.
        for (const made of sets) {
          const expected = method === 'code' ? code(made(`${kind} code`), of) : link(made(`${kind} link`), of);
          for (const digested of sets) {
            const candidate = digest(digested('submission'), of.flowId, expected);
            if (candidate.length === wanted.length && timingSafeEqual(candidate, wanted)) found = true;
          }
        }
        return found;
      },
    };
  };

  return {
    recovery: challenge('recovery'),
    verification: challenge('verification'),
    submissionDigest: (flowId, typed) => digest(first('submission'), flowId, typed).toString('base64url'),
    addressDigest: (address) => mac(first('address'), address).toString('base64url'),
    claimedSessionToken: (sessionId, claimant) =>
      sessionToken(mac(first('session token'), Buffer.concat([Buffer.from(`${sessionId}|`), claimant]))),
    logoutToken: (sessionId) => logoutToken(first('logout token'), sessionId),
    isLogoutToken(sessionId, token) {
      const given = Buffer.from(token);
      const known = sets.map((made) => Buffer.from(logoutToken(made('logout token'), sessionId)));
      return known.filter((one) => one.length === given.length && timingSafeEqual(one, given)).length > 0;
    },
  };
}

function issueName({ flowId, issue, identityId, address }: Issue): string {
  return [flowId, issue, identityId, address].join('|');
}

const subKeys = new Map<string, Buffer>();

function subKey(secret: string, purpose: Purpose): Buffer {
  const name = `${purpose}|${secret}`;
  let key = subKeys.get(name);
  if (!key) {
    key = Buffer.from(hkdfSync('sha256', secret, 'latchkey', purpose, 32));
    subKeys.set(name, key);
  }
  return key;
}

function mac(key: Buffer, data: string | Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function truncate(digest: Buffer): string {
  const offset = (digest[digest.length - 1] ?? 0) & 0xf;
  const number = digest.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 10 ** CODE_DIGITS).padStart(CODE_DIGITS, '0');
}

function logoutToken(key: Buffer, sessionId: string): string {
  return `ory_lo_${base62(mac(key, sessionId))}`;
}

function sessionToken(bytes: Buffer): string {
  return `ory_st_${base62(bytes)}`;
}

function base62(bytes: Buffer): string {
  let rest = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  while (text.length < TOKEN_LENGTH) {
    text += BASE62[Number(rest % 62n)];
    rest /= 62n;
  }
  return text;
}
