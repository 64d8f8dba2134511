import { describe, expect, it } from 'vitest';
import { assertImportableHash, hashPassword, isOutdated, verifyPassword } from '../../platform/passwords.js';

/** Not ASCII, so that encodings matter. */
const PASSWORD = 'Ünïcode horse 1';

// Made elsewhere: by Python's hashlib, hmac and crypt (libxcrypt), and by `openssl passwd`. The salt of those with a
// base64 salt is no text: 00 FF "salt of bytes" 80.
const HASHES: [name: string, stored: string][] = [
  ['bcrypt 2a', '$2a$05$abcdefghijklmnopqrstuuxA0q0kLuKz2mLCxbVpw/4DRhn5LtakS'],
  ['bcrypt 2b', '$2b$06$abcdefghijklmnopqrstuuaZl9QU6RsRxFfNYiYsKlDafnkXtH2ka'],
  ['bcrypt 2y', '$2y$05$abcdefghijklmnopqrstuuxA0q0kLuKz2mLCxbVpw/4DRhn5LtakS'],
  ['PBKDF2 with SHA-1', '$pbkdf2-sha1$i=1000,l=20$AP9zYWx0IG9mIGJ5dGVzgA$fWgPQDkdm4ARe9QyCuPcHSLz6fU'],
  ['PBKDF2 with SHA-224', '$pbkdf2-sha224$i=1000,l=28$AP9zYWx0IG9mIGJ5dGVzgA$6hPEYrfY3Amd8z5Lps38SLE8SmZMriKiDwmrvg'],
  [
    'PBKDF2 with SHA-256',
    '$pbkdf2-sha256$i=1000,l=32$AP9zYWx0IG9mIGJ5dGVzgA$3z3ip8Sm1VBfkLntba+0fBGoVRtqwy2TMm1iZA74CLs',
  ],
  [
    'PBKDF2 with SHA-384',
    '$pbkdf2-sha384$i=1000,l=48$AP9zYWx0IG9mIGJ5dGVzgA$HhuFuRlNGCFfnA/+Xh/QF3rsad6L7qXFzGwiNDLvbvtl/SVGXIxiiYXt/h5lorw5',
  ],
  [
    'PBKDF2 with SHA-512',
    '$pbkdf2-sha512$i=1000,l=64$AP9zYWx0IG9mIGJ5dGVzgA$Xr+1VVnxSDdCcEC7XwJyZ6TONtT+UUGtdlTB/p2dZWPoyad7zdVSUgqsMK5P0Y/aZWlReA2FWs7XmHhC8dTCTQ',
  ],
  [
    "scrypt with N, as Kratos' documentation has it",
    '$scrypt$ln=16384,r=8,p=1$AP9zYWx0IG9mIGJ5dGVzgA==$rWPJ9VrFL1RSaFqBvR0+lUMytQvZCaUwiwv5YHMqhg0=',
  ],
  [
    'scrypt with the logarithm of N, as others have it',
    '$scrypt$ln=12,r=8,p=2$AP9zYWx0IG9mIGJ5dGVzgA$8V3pFmOWjzhvx3avgT7jwTVlittq80U5He6DFJEH+ndzVCymzYrFWGRKq2shtog5EBCSxzCOYECYlprH8P1AsA',
  ],
  ['SSHA', '{SSHA}VSl0Ydlx+QCtY8djp4RLLXA8S9YA/3NhbHQgb2YgYnl0ZXOA'],
  ['SSHA256', '{SSHA256}3jdZ7Z77QAsFabsBo93dayfRpmQ+i4F86dTHPEGyuUgA/3NhbHQgb2YgYnl0ZXOA'],
  [
    'SSHA512',
    '{SSHA512}W3++a23wVAGFwki9/9TpfUca587ch41jDSuX63lkB2PLejjyblBKys5mJ9gcXsotTSRvriRnmd759m0UUvUNsQD/c2FsdCBvZiBieXRlc4A=',
  ],
  ['SHA-1 in a pattern', '$sha1$pf=JCN7U0FMVH0ue1BBU1NXT1JEfQ==$AP9zYWx0IG9mIGJ5dGVzgA==$a+eiDY4XJW6+XPQwhLsxVKopfuE='],
  [
    'SHA-256 in a pattern',
    '$sha256$pf=JCN7U0FMVH0ue1BBU1NXT1JEfQ==$AP9zYWx0IG9mIGJ5dGVzgA==$dKDLyGHBS8+g9IokQuUhSdwruCGVtSOM8nIhphvgRXg=',
  ],
  [
    'SHA-512 in a pattern',
    '$sha512$pf=JCN7U0FMVH0ue1BBU1NXT1JEfQ==$AP9zYWx0IG9mIGJ5dGVzgA==$eF15B+jfCN5cWttlJM7wC6LkM9bEOnAQVn2XJU32BPMuPP4MevosOdBchRmopSezzPjzT4yxJZK+Mgv8BNbzZg==',
  ],
  ['MD5 in a pattern', '$md5$pf=JCN7U0FMVH0ue1BBU1NXT1JEfQ==$AP9zYWx0IG9mIGJ5dGVzgA==$x1n52Ad2tL0IPtzG+CUCCg=='],
  ['MD5', '$md5$9WuXSOBrKMJdKpUoBcyuIg=='],
  ['HMAC with MD5', '$hmac-md5$MTY0MWUwNWJlMTcwZDkzYjkzZjZhYWE5NTI5MTUzODQ=$YSBrZXk='],
  ['HMAC with SHA-1', '$hmac-sha1$NzdkNGQ3NTkzYTU1YzhmM2I0M2ZhZTQwMDhkNmQwMTk1ZWFhMjI2Yw==$YSBrZXk='],
  [
    'HMAC with SHA-224',
    '$hmac-sha224$OGU0NzlmODQyNjY5MjZiYjkxYjMwNDRlYmY0OGFkMGFlMTE5Y2FhNWNmNjkxZGZmOTkyZjhlYzI=$YSBrZXk=',
  ],
  [
    'HMAC with SHA-256',
    '$hmac-sha256$ZmNhNzNhYWFjZDUyMzQ1NWM1MzNiZjVlOTE4ZDA1ZGU0ZjNkNDQ2NzE2NzMyZTkzMGM0NDk4ZmIxZTdjZjQwYg==$YSBrZXk=',
  ],
  [
    'HMAC with SHA-384',
    '$hmac-sha384$ODMxZjRhMTdmNTQyODdkMGU2OGVjMGE5MDc0MDFjN2FiY2Y5YmU4OTM0MDQxOWViMTJkM2IxM2JhZTA2ZWUwNThkZGQ2MDY4NjcwOTQyMjU3YWIxYjViMGM2YTYyMDZm$YSBrZXk=',
  ],
  [
    'HMAC with SHA-512',
    '$hmac-sha512$ZWQ4OWZkMmYyN2I0MzUwMGZlYWI1NzAzMjE1YjMzZmY4NzE4OGZjMGUxYmY4OWFiN2IwYmFhYmJmN2I2ZDk2OTM0Yjk4NjQ3MmJhZTZkYjRmN2ViM2EyNjIwOTY2MDkzYzhlMjhiMDA3YjczNWZhNDIzNDQ0NTQ2Nzg2Y2QxN2I=$YSBrZXk=',
  ],
  ['MD5 crypt', '$1$saltsalt$WQqbWJq.ufI3KkyqJOXTQ0'],
  ["MD5 crypt under Kratos' name", '$md5-crypt$Ab./9$fECOzM4MpR6o6TYS94n/R.'],
  ['SHA-256 crypt', '$5$shortsalt$ULoEwhCPPFDBR4wQ1UylxwUigYKWzU61294vcHMUqbC'],
  ['SHA-256 crypt with rounds', '$5$rounds=1234$sixteencharsalt.$/4y2nD4qLgSSYMyQpFez1kS1QkkXZV9VyoANysaw.W5'],
  ["SHA-256 crypt under Kratos' name", '$sha256-crypt$rounds=5000$abc$dOd6ZVjusTk9EslMkriCtuwJCDGDYR8qBpw6JuvwfX2'],
  [
    'SHA-512 crypt',
    '$6$shortsalt$QbIHy.e6OmBDrpV1TwtZXP9oUwXm5Ap2RGVHDh1q/yAxFYqxBeMhjqa.vZR6Rc.9COsgOIgb3OaUn1EBSulRl.',
  ],
  [
    'SHA-512 crypt with rounds',
    '$6$rounds=1000$sixteencharsalt.$lpweclvJclk.m5zIWOgA1EaQ.OMFLm8fuz3E0VPppG.CH1lQ8J1ZTDwiklMHcM2rKBFqPoKy2QroH2qprjhnP1',
  ],
  [
    "SHA-512 crypt under Kratos' name",
    '$sha512-crypt$abc$cPt8jGXeYRSyR5eP2AhH19tu7iDFcS9H9bx6HbqfzGZXi3k37xIeBtVcyUj7bmdaBxbb/4B8sm6g6NdBD1Q91.',
  ],
];

// From the publications of those who made the schemes.
const PUBLISHED: [name: string, stored: string, password: string][] = [
  [
    'argon2i, of the reference implementation',
    '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
    'password',
  ],
  [
    'argon2id, of the reference implementation',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    'password',
  ],
  [
    "Firebase's scrypt",
    '$firescrypt$ln=14,r=8,p=1$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$Bw==$jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
    'user1password',
  ],
];

const ARGON2 = { memoryKib: 64, iterations: 2, parallelism: 1 };

describe('an imported hash', () => {
  it.each(HASHES)('of %s lets the right password in, and no other', async (_name, stored) => {
    expect(() => assertImportableHash(stored, 'it')).not.toThrow();
    expect(await verifyPassword(stored, PASSWORD)).toBe(true);
    expect(await verifyPassword(stored, 'Ünïcode horse 2')).toBe(false);
    expect(await verifyPassword(stored, '')).toBe(false);
    expect(isOutdated(stored, ARGON2)).toBe(true);
  });

  it.each(PUBLISHED)('of %s does too', async (_name, stored, password) => {
    expect(() => assertImportableHash(stored, 'it')).not.toThrow();
    expect(await verifyPassword(stored, password)).toBe(true);
    expect(await verifyPassword(stored, `${password}x`)).toBe(false);
  });

  it.each([
    ['a Unix crypt of a thousand million rounds', `$6$rounds=999999999$salt$${'A'.repeat(86)}`],
    ['a bcrypt of cost 20', `$2b$20$${'A'.repeat(53)}`],
    ['a PBKDF2 of a thousand million rounds', '$pbkdf2-sha256$i=1000000000,l=32$c2FsdA$aGFzaA'],
    ['an scrypt of 4 GiB', '$scrypt$ln=4194304,r=8,p=1$c2FsdA$aGFzaA'],
    ['an scrypt whose N is no power of two', '$scrypt$ln=16383,r=8,p=1$c2FsdA$aGFzaA'],
    ['an argon2id of 4 GiB', `$argon2id$v=19$m=4194304,t=9,p=1$c2FsdHNhbHQ$${'A'.repeat(43)}`],
    ['an SSHA without a salt', '{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDw='],
    ['an MD5 that is too short', '$md5$aGFzaA=='],
    ['a SHA-1 that is no base64', '$sha1$pf=e1BBU1NXT1JEfQ==$$***'],
  ])('is refused when it is %s', async (_name, stored) => {
    expect(() => assertImportableHash(stored, 'it')).toThrow('it: is broken, or costs too much to verify');
    expect(await verifyPassword(stored, 'x')).toBe(false);
  });

  it.each([
    'nonsense',
    '$7$abc$def',
    '$hmac-md4$YQ==$YQ==',
    '$md5-crypt$longersalts$fECOzM4MpR6o6TYS94n/R.',
    '',
    '$1$$',
  ])('is refused when nobody knows its format: %j', (stored) => {
    expect(() => assertImportableHash(stored, 'it')).toThrow('it: is not in a known hash format');
  });
});

describe('a new password', () => {
  it('is hashed with argon2id at the configured cost, each time with another salt', async () => {
    const [one, two] = [await hashPassword('a', ARGON2), await hashPassword('a', ARGON2)];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=64,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(two).not.toBe(one);
    const long = await hashPassword('a', { ...ARGON2, saltLength: 32, keyLength: 64 });
    expect(long).toMatch(/\$[A-Za-z0-9+/]{43}\$[A-Za-z0-9+/]{86}$/);
    expect(await verifyPassword(long, 'a')).toBe(true);
  });

  it('is outdated when the configured cost has grown, and not when it has shrunk', async () => {
    const hash = await hashPassword('a', ARGON2);
    expect(isOutdated(hash, ARGON2)).toBe(false);
    expect(isOutdated(hash, { ...ARGON2, memoryKib: 32 })).toBe(false);
    expect(isOutdated(hash, { ...ARGON2, memoryKib: 128 })).toBe(true);
    expect(isOutdated(hash, { ...ARGON2, iterations: 3 })).toBe(true);
  });
});

describe('the work on a password', () => {
  it('leaves the event loop free', async () => {
    const slow = `$6$rounds=300000$salt$${'A'.repeat(86)}`;
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 1);
    expect(await verifyPassword(slow, PASSWORD)).toBe(false);
    clearInterval(counting);
    expect(turns).toBeGreaterThan(20);
  });
});
