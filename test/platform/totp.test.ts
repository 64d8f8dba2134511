import { describe, expect, it } from 'vitest';
import { newTotpSecret, totpStep, totpUrl } from '../../platform/totp.js';

/** The key of RFC 6238, appendix B: "12345678901234567890". */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
/** Its table for SHA-1, cut to the six digits that apps show. */
const TABLE: [seconds: number, code: string][] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
];

describe('a TOTP code', () => {
  it.each(TABLE)('is that of RFC 6238 at %d seconds', (seconds, code) => {
    expect(totpStep(SECRET, code, seconds * 1_000)).toBe(Math.floor(seconds / 30));
  });

  it('is taken one step early and one step late, as the step that it is of, and not two', () => {
    const [at, code] = [1_111_111_109, '081804'];
    const step = Math.floor(at / 30);
    expect(totpStep(SECRET, code, (at - 30) * 1_000)).toBe(step);
    expect(totpStep(SECRET, code, (at + 30) * 1_000)).toBe(step);
    expect(totpStep(SECRET, code, (at - 60) * 1_000)).toBeUndefined();
    expect(totpStep(SECRET, code, (at + 60) * 1_000)).toBeUndefined();
  });

  it('may be typed with spaces, and is nothing else than six digits', () => {
    expect(totpStep(SECRET, ' 287 082 ', 59_000)).toBe(1);
    for (const typed of ['', '28708', '2870820', '287082x', '94287082', '２８７０８２']) {
      expect(totpStep(SECRET, typed, 59_000)).toBeUndefined();
    }
  });
});

describe('a new TOTP secret', () => {
  it('has 160 bits and is never the same', () => {
    const [one, two] = [newTotpSecret(), newTotpSecret()];
    expect(one).toMatch(/^[A-Z2-7]{32}$/);
    expect(two).not.toBe(one);
  });

  it('goes to apps in an address that names issuer and account', () => {
    const url = new URL(totpUrl(SECRET, { issuer: 'Ex & Co', account: 'a@example.test' }));
    expect(url.protocol).toBe('otpauth:');
    expect(decodeURIComponent(url.pathname)).toContain('Ex & Co:a@example.test');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ issuer: 'Ex & Co', secret: SECRET });
  });
});
