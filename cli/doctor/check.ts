/** What a look at one part came to. */
export interface Check {
  /** What was looked at. */
  readonly name: string;
  readonly result: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What was found. */
  readonly found: string;
  /** What to do next, unless all is well. */
  readonly next?: string;
}

export function ok(name: string, found: string): Check {
  return { name, result: 'ok', found };
}

export function warning(name: string, found: string, next: string): Check {
  return { name, result: 'warning', found, next };
}

export function failed(name: string, found: string, next: string): Check {
  return { name, result: 'failed', found, next };
}

export function skipped(name: string, found: string, next: string): Check {
  return { name, result: 'skipped', found, next };
}
