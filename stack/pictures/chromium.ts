import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

/** Where Chromium and its kin are usually installed. */
const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Nothing that looks for updates or talks to anybody by itself. */
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The variable that names a Chromium in another place. */
export const CHROMIUM_VARIABLE = 'LATCHKEY_CHROMIUM';

/**
 * Path of a Chromium on this machine, or null.
 * @throws Error when the variable names a file that is not there
 */
export function findChromium(env: Readonly<Record<string, string | undefined>>): string | null {
  const named = env[CHROMIUM_VARIABLE] ?? '';
  if (named !== '') {
    if (existsSync(named)) return named;
    throw new Error(`${CHROMIUM_VARIABLE} names ${named}, which does not exist.`);
  }
  return USUAL_PLACES.find((path) => existsSync(path)) ?? null;
}

/** Starts a Chromium without a window. Root gets no sandbox: Chromium refuses to make one for it. */
export function launchChromium(path: string): Promise<Browser> {
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: path, headless: true, args: [...QUIET, ...sandbox] });
}
