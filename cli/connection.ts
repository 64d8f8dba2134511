import { readFileSync, statSync } from 'node:fs';
import { AdminApi } from './admin-api.js';
import { usageError } from './exit.js';
import type { Io } from './io.js';

const DEFAULT_ADMIN_URL = 'http://127.0.0.1:4434';

/** The admin API's address and key, as options or the environment give them. */
export interface Target {
  readonly adminUrl: string | undefined;
  readonly keyFile: string | undefined;
}

/** Connects to nothing yet. @throws CliError (usage) when the address is none or the key's file cannot be read */
export function adminApi(target: Target, io: Io, warn: (text: string) => void): AdminApi {
  return new AdminApi(adminBaseUrl(target, io), adminKey(target, io, warn));
}

/** The admin API's address, with a slash at its end. `otherwise` is the one to take when none is given. */
export function adminBaseUrl(target: Target, io: Io, otherwise: string = DEFAULT_ADMIN_URL): string {
  const given = target.adminUrl ?? io.env['LATCHKEY_ADMIN_URL'];
  return baseUrl(given === undefined || given === '' ? otherwise : given, '--admin-url');
}

/** An http or https URL with a slash at its end. @throws CliError (usage) naming `option` */
export function baseUrl(text: string, option: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    throw usageError(`${option}: "${text}" is not an address.`, 'Write it like http://127.0.0.1:4434');
  }
  const { href } = new URL(text);
  return href.endsWith('/') ? href : `${href}/`;
}

/** The key, or undefined. */
export function adminKey(target: Target, io: Io, warn: (text: string) => void): string | undefined {
  const { keyFile } = target;
  if (keyFile === undefined) return io.env['LATCHKEY_ADMIN_KEY']?.trim() || undefined;
  let text: string;
  try {
    text = readFileSync(keyFile, 'utf8').trim();
    if ((statSync(keyFile).mode & 0o077) !== 0) {
      warn(`Others can read ${keyFile}, and use the key in it: chmod 600 ${keyFile}`);
    }
  } catch (error) {
    throw usageError(`--key-file: ${keyFile} cannot be read (${(error as { code?: string }).code ?? 'unknown'}).`);
  }
  if (!/^[!-~]+$/.test(text)) throw usageError(`--key-file: ${keyFile} must hold one key and nothing else.`);
  return text;
}
