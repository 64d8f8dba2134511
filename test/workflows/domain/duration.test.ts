import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatGoDuration, parseGoDuration } from '../../../workflows/domain/duration.js';

const HOUR = 3_600_000;
/** The largest Go duration, and the one past it. */
const LARGEST = '2562047h47m16.854775807s';
const TOO_LARGE = '2562047h47m16.854775808s';

describe('parseGoDuration', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['+0', 0],
    ['0s', 0],
    ['1h', HOUR],
    ['1h30m', 1.5 * HOUR],
    ['1.5h', 1.5 * HOUR],
    ['30m1h', 1.5 * HOUR],
    ['500ms', 500],
    ['1s500ms', 1_500],
    ['.5s', 500],
    ['1.s', 1_000],
    ['+5s', 5_000],
    ['-1h', -HOUR],
    ['8760h', 8_760 * HOUR],
    ['1us', 0.001],
    ['1\u00b5s', 0.001],
    ['1\u03bcs', 0.001],
    ['1ns', 0.000001],
    ['1.9ns', 0.000001],
    ['0.3333333333333333333h', 1_200_000],
    ['00000000000000000000000001s', 1_000],
  ])('reads %s', (text, milliseconds) => {
    expect(parseGoDuration(text)).toBeCloseTo(milliseconds, 9);
  });

  it.each([
    ...['', '-', '+', '.', 's', '.s', '-.s', '1', '3600', '1d', '1 h', ' 1h', '1h ', '1h-30m', '--1h', '1H', 'abc'],
    ...[
      '1hm',
      '1e3s',
      '0x1s',
      '1,5h',
      '1h30',
      'NaN',
      'Infinity',
      '1__proto__',
      '1constructor',
      '１h',
      `${'9'.repeat(30)}ns`,
    ],
    ...[TOO_LARGE, '2562048h'],
  ])('refuses %j', (text) => {
    expect(parseGoDuration(text)).toBeNull();
  });

  it('holds as much as Go does, and no more', () => {
    expect(parseGoDuration(LARGEST)).toBe(9_223_372_036_854.775_807);
    expect(parseGoDuration(`-${TOO_LARGE}`)).toBe(-9_223_372_036_854.775_808);
  });

  it('refuses a long run of digits at once', () => {
    const started = performance.now();
    expect(parseGoDuration(`${'9'.repeat(1_000_000)}h`)).toBeNull();
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('formatGoDuration', () => {
  it.each([
    [0, '0s'],
    [-0, '0s'],
    [HOUR, '1h0m0s'],
    [1.5 * HOUR, '1h30m0s'],
    [90_000, '1m30s'],
    [1_500, '1.5s'],
    [250, '250ms'],
    [1.5, '1.5ms'],
    [0.0015, '1.5\u00b5s'],
    [0.000001, '1ns'],
    [-1_500, '-1.5s'],
    [24 * HOUR + 1, '24h0m0.001s'],
  ])('writes %d ms as %s', (milliseconds, text) => {
    expect(formatGoDuration(milliseconds)).toBe(text);
  });

  it.each([NaN, Infinity, -Infinity, 1e16])('throws on %d', (milliseconds) => {
    expect(() => formatGoDuration(milliseconds)).toThrow(RangeError);
  });
});

describe('round trip', () => {
  const MAX_MS = 9_223_372_036_854;

  it('reads back every whole number of milliseconds that it wrote', () => {
    fc.assert(
      fc.property(fc.integer({ min: -MAX_MS, max: MAX_MS }), (milliseconds) => {
        expect(parseGoDuration(formatGoDuration(milliseconds))).toBe(milliseconds);
      }),
    );
  });

  it('reads what it writes of any mix of units', () => {
    const unit = fc.constantFrom('ns', 'us', 'µs', 'ms', 's', 'm', 'h');
    const amount = fc.integer({ min: 0, max: 1_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(amount, unit), { minLength: 1, maxLength: 6 }), (pieces) => {
        const text = pieces.map(([count, name]) => `${count}${name}`).join('');
        const read = parseGoDuration(text);
        expect(read).not.toBeNull();
        expect(parseGoDuration(formatGoDuration(read ?? NaN))).toBe(read);
      }),
    );
  });

  it('never takes text that is not built of numbers and units', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (parseGoDuration(text) === null) return;
        expect(text).toMatch(
          /^[-+]?(0|(\d+\.?\d*|\.\d+)(ns|us|[µμ]s|ms|s|m|h)((\d+\.?\d*|\.\d+)(ns|us|[µμ]s|ms|s|m|h))*)$/,
        );
      }),
    );
  });
});
