/**
 * Durations as Go writes them (`1h30m`, `500ms`, `1.5h`), which is how Kratos' configuration and requests state time.
 * The rules are those of Go's `time.ParseDuration` and `Duration.String`; amounts here are milliseconds.
 */

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;
/** A Go duration is a signed 64-bit count of nanoseconds: about 292 years. */
const LARGEST = 2n ** 63n - 1n;
/** Digits of the largest whole number that can matter. */
const LONGEST_WHOLE = 19;

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  // Both code points that look like a micro sign: U+00B5 and U+03BC.
  '\u00b5s': 1_000n,
  '\u03bcs': 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Milliseconds of a Go duration, with a fraction where it is finer than a millisecond; null when it is not one. */
export function parseGoDuration(text: string): number | null {
  const negative = text.startsWith('-');
  const unsigned = text.replace(/^[-+]/, '');
  if (unsigned === '0') return 0;
  if (unsigned === '') return null;

  // Sticky, so that the pieces must follow each other without a gap.
  const piece = /(\d*)(?:\.(\d*))?([^\d.]+)/y;
  let total = 0n;
  while (piece.lastIndex < unsigned.length) {
    const [match, whole = '', fraction = '', unit = ''] = piece.exec(unsigned) ?? [];
    const scale = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (match === undefined || scale === undefined || whole + fraction === '') return null;
    const digits = whole.replace(/^0+/, '');
    if (digits.length > LONGEST_WHOLE) return null;
    total += BigInt(digits || '0') * scale + fractionOf(fraction, scale);
    if (total > LARGEST + 1n) return null;
  }
  const nanoseconds = negative ? -total : total;
  if (nanoseconds > LARGEST) return null;
  return toMilliseconds(nanoseconds);
}

/**
 * Go adds the fraction in floating point, cuts off what is finer than a nanosecond, and ignores digits past 63 bits: so
 * does this, to the last nanosecond.
 */
function fractionOf(fraction: string, scale: bigint): bigint {
  let digits = 0n;
  let places = 0;
  for (const digit of fraction) {
    const longer = digits * 10n + BigInt(digit);
    if (digits > LARGEST / 10n || longer > LARGEST + 1n) break;
    digits = longer;
    places += 1;
  }
  return BigInt(Math.trunc(Number(digits) * (Number(scale) / 10 ** places)));
}

function toMilliseconds(nanoseconds: bigint): number {
  const whole = nanoseconds / NANOSECONDS_PER_MILLISECOND;
  const rest = nanoseconds % NANOSECONDS_PER_MILLISECOND;
  return Number(whole) + Number(rest) / 1e6;
}

/**
 * Writes milliseconds as Go prints them: `1h30m0s`, `1.5s`, `250ms`, `0s`.
 * @throws RangeError when the amount is not finite, or beyond what a Go duration can hold
 */
export function formatGoDuration(milliseconds: number): string {
  const whole = Number.isFinite(milliseconds) ? Math.trunc(milliseconds) : NaN;
  if (Number.isNaN(whole)) throw new RangeError('A duration must be a finite number of milliseconds.');
  const nanoseconds = BigInt(whole) * NANOSECONDS_PER_MILLISECOND + BigInt(Math.round((milliseconds - whole) * 1e6));
  if (nanoseconds > LARGEST || nanoseconds < -LARGEST - 1n) throw new RangeError('A duration is at most 292 years.');

  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  return (nanoseconds < 0n ? '-' : '') + formatSize(size);
}

function formatSize(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  if (nanoseconds < 1_000n) return `${nanoseconds}ns`;
  if (nanoseconds < 1_000_000n) return `${decimal(nanoseconds, 3)}\u00b5s`;
  if (nanoseconds < 1_000_000_000n) return `${decimal(nanoseconds, 6)}ms`;
  const minute = 60_000_000_000n;
  const minutes = nanoseconds / minute;
  const seconds = `${decimal(nanoseconds % minute, 9)}s`;
  if (minutes === 0n) return seconds;
  if (minutes < 60n) return `${minutes}m${seconds}`;
  return `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** `amount` divided by ten to the power of `places`, without trailing zeroes. */
function decimal(amount: bigint, places: number): string {
  const divisor = 10n ** BigInt(places);
  const fraction = (amount % divisor).toString().padStart(places, '0').replace(/0+$/, '');
  return `${amount / divisor}${fraction === '' ? '' : `.${fraction}`}`;
}
