import { describe, expect, it } from 'vitest';
import { seal, unseal } from '../../platform/sealed.js';

const [A, B, C] = ['a'.repeat(32), 'b'.repeat(32), 'c'.repeat(32)] as const;

describe('a sealed text', () => {
  it('opens again, is not readable, and is sealed differently each time', () => {
    const secrets = { cipher: [A], default: [B] };
    const sealed = seal(secrets, 'JBSWY3DPEHPK3PXP', 'totp|1');
    expect(unseal(secrets, sealed, 'totp|1')).toBe('JBSWY3DPEHPK3PXP');
    expect(Buffer.from(sealed.slice(3), 'base64url').toString('latin1')).not.toContain('JBSWY');
    expect(seal(secrets, 'JBSWY3DPEHPK3PXP', 'totp|1')).not.toBe(sealed);
  });

  it('is sealed with the first secret: of cipher, or, without any, of default', () => {
    const ofCipher = seal({ cipher: [A, C], default: [B] }, 'x', 'c');
    expect(unseal({ cipher: [A], default: [] }, ofCipher, 'c')).toBe('x');
    const ofDefault = seal({ cipher: [], default: [B, C] }, 'x', 'c');
    expect(unseal({ cipher: [], default: [B] }, ofDefault, 'c')).toBe('x');
  });

  it('opens with every secret that is still configured, and with no other', () => {
    const sealed = seal({ cipher: [], default: [B] }, 'x', 'c');
    expect(unseal({ cipher: [A], default: [C, B] }, sealed, 'c')).toBe('x');
    expect(() => unseal({ cipher: [A], default: [C] }, sealed, 'c')).toThrow('cannot be opened');
  });

  it("does not open in another person's row, altered, or cut", () => {
    const secrets = { cipher: [A], default: [] };
    const sealed = seal(secrets, 'x', 'totp|1');
    expect(() => unseal(secrets, sealed, 'totp|2')).toThrow('cannot be opened');
    const bytes = Buffer.from(sealed.slice(3), 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(() => unseal(secrets, `v1.${altered.toString('base64url')}`, 'totp|1')).toThrow('cannot be opened');
    }
    for (const other of ['', 'v1.', 'x', sealed.slice(0, 20), sealed.replace('v1.', 'v2.')]) {
      expect(() => unseal(secrets, other, 'totp|1')).toThrow('cannot be opened');
    }
  });
});
