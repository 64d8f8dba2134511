import { describe, expect, it } from 'vitest';
import type { ApiContext } from '../../../api/context.js';
import { checkReturnTo } from '../../../api/public/return-to.js';
import { LatchkeyError } from '../../../schemas/errors.js';

function check(
  returnTo: string | undefined,
  allowedReturnUrls: string[] = ['https://app.example.com/after'],
): string | null {
  const config = {
    selfservice: { allowedReturnUrls, defaultBrowserReturnUrl: 'https://www.example.com/home' },
    serve: { public: { baseUrl: 'https://id.example.com/' } },
  };
  return checkReturnTo({ config } as unknown as ApiContext, returnTo);
}

function refused(returnTo: string, allowed?: string[]): boolean {
  try {
    check(returnTo, allowed);
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(LatchkeyError);
    expect((error as LatchkeyError).code).toBe('return_to_forbidden');
    return true;
  }
}

describe('return_to', () => {
  it.each([
    'https://app.example.com/after',
    'https://app.example.com/after/',
    'https://app.example.com/after/recovery?step=2#top',
    'https://APP.example.com/after',
    'https://www.example.com/home',
    'https://id.example.com/ui/settings',
  ])('may be %s', (url) => {
    expect(check(url)).toBe(url);
  });

  it('may be left out', () => {
    expect(check(undefined)).toBeNull();
    expect(check('')).toBeNull();
  });

  it.each([
    'https://evil.example/',
    'http://app.example.com/after',
    'https://app.example.com:8443/after',
    'https://app.example.com/afterwards',
    'https://app.example.com/after/../admin',
    'https://app.example.com/',
    'https://app.example.com.evil.example/after',
    'https://app.example.com@evil.example/after',
    'https://evil.example\\@app.example.com/after',
    'https://user:pass@app.example.com/after',
    'https:app.example.com/after',
    'https:///app.example.com/after',
    '//app.example.com/after',
    '/\\evil.example',
    '//evil.example/home',
    '/\t/evil.example',
    ' https://app.example.com/after',
    'javascript://app.example.com/after%0aalert(1)',
    'data:text/html,hello',
    'after',
  ])('may not be %s', (url) => {
    expect(refused(url)).toBe(true);
  });

  it('may be a path within the default return URL, as in Kratos', () => {
    expect(check('/home/again')).toBe('https://www.example.com/home/again');
    expect(refused('/elsewhere')).toBe(true);
    expect(refused('/home/../elsewhere')).toBe(true);
  });

  it('may be on any subdomain where the list says so', () => {
    const list = ['https://*.example.org/'];
    expect(check('https://a.b.example.org/x', list)).toBe('https://a.b.example.org/x');
    expect(refused('https://example.org/x', list)).toBe(true);
    expect(refused('https://evilexample.org/x', list)).toBe(true);
    expect(refused('https://a.example.org.evil.example/', list)).toBe(true);
    expect(refused('http://a.example.org/', list)).toBe(true);
  });

  it('may be an address of an app where the list names it', () => {
    const list = ['com.example.app://recovered'];
    expect(check('com.example.app://recovered/1', list)).toBe('com.example.app://recovered/1');
    expect(refused('com.example.app://other', list)).toBe(true);
    expect(refused('com.example.apple://recovered', list)).toBe(true);
  });
});
