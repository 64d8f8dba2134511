const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/**
 * Bytes of a size such as `19MB`; null when it is not one. A kilobyte is 1,024 bytes, as it is to Kratos; `KiB`, `MiB`
 * and so on mean the same.
 */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,12})([KMGT]?)i?B$/.exec(text);
  if (match === null || /^\d+iB$/.test(text)) return null;
  const power = UNITS.indexOf(`${match[2] ?? ''}B` as (typeof UNITS)[number]);
  const bytes = Number(match[1]) * 1_024 ** power;
  return Number.isSafeInteger(bytes) ? bytes : null;
}
