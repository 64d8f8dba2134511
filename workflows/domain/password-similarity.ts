/** Shorter common parts say nothing. */
const TELLING_PART = 4;

/**
 * True when a password is so much like a login name that knowing the name is a good guess: equal but for case, one
 * inside the other, or sharing more than half of the password in one piece. For an address, its part before the @
 * counts by itself. (NIST SP 800-63B-4, 3.1.1.2: context-specific words.)
 */
export function isLikeIdentifier(password: string, identifier: string): boolean {
  const given = password.toLowerCase();
  return [identifier, identifier.split('@')[0] ?? ''].some((name) => {
    const known = name.toLowerCase();
    if (known === '') return false;
    if (given === known) return true;
    const shared = longestCommonPart(given, known);
    return shared >= TELLING_PART && (shared === known.length ? shared * 2 >= given.length : shared * 2 > given.length);
  });
}

/** Length of the longest piece that stands in both. */
function longestCommonPart(a: string, b: string): number {
  let longest = 0;
  let previous = new Array<number>(b.length + 1).fill(0);
  for (let i = 1; i <= a.length; i++) {
    const current = new Array<number>(b.length + 1).fill(0);
    for (let j = 1; j <= b.length; j++) {
      if (a[i - 1] === b[j - 1]) {
        current[j] = (previous[j - 1] ?? 0) + 1;
        longest = Math.max(longest, current[j] ?? 0);
      }
    }
    previous = current;
  }
  return longest;
}
