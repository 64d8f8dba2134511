import { readFileSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import type { ConfigFile } from '../../schemas/config.js';
import type { JsonValue } from '../../schemas/json.js';
import type { HttpRequest } from './config.js';
import type { ProblemList } from './errors.js';

/** A request as it stands in the file. */
type RequestFile = ConfigFile['courier']['channels'][number]['request_config'];

/** Where requests are resolved from and reported to. */
export interface RequestContext {
  /** The folder of the configuration file. */
  readonly folder: string;
  readonly problems: ProblemList;
}

/** A request of the file as the code uses it; undefined, and reported, when it cannot be sent. `key` is its place. */
export function resolveRequest(request: RequestFile, key: string, context: RequestContext): HttpRequest | undefined {
  const auth = resolveAuth(request.auth, `${key}.auth`, context.problems);
  const body = resolveBody(request.body, `${key}.body`, context);
  if (auth === undefined || body === undefined) return undefined;
  return { url: request.url, method: request.method ?? 'POST', headers: request.headers ?? {}, body, auth };
}

/** The web hooks among `hooks`. */
export function resolveWebHooks(
  hooks: readonly { hook: string; config?: RequestFile }[],
  key: string,
  context: RequestContext,
): HttpRequest[] {
  return hooks.flatMap(({ hook, config }, index) => {
    if (hook !== 'web_hook') return [];
    if (config) return resolveRequest(config, `${key}[${index}].config`, context) ?? [];
    context.problems.add(`${key}[${index}].config`, 'is missing; say at least where the request goes, in "url"');
    return [];
  });
}

function resolveAuth(auth: RequestFile['auth'], key: string, problems: ProblemList): HttpRequest['auth'] | undefined {
  if (auth === undefined) return null;
  const { name, value, user, password } = auth.config;
  if (auth.type === 'api_key' && name !== undefined && value !== undefined) {
    return { type: 'api_key', name, value, in: auth.config.in ?? 'header' };
  }
  if (auth.type === 'basic_auth' && user !== undefined && password !== undefined) {
    return { type: 'basic_auth', user, password };
  }
  problems.add(`${key}.config`, auth.type === 'api_key' ? 'needs "name" and "value"' : 'needs "user" and "password"');
  return undefined;
}

/** Null when there is none; undefined, and reported, when it cannot be used. */
function resolveBody(
  url: string | undefined,
  key: string,
  { folder, problems }: RequestContext,
): JsonValue | undefined {
  if (url === undefined) return null;
  let source: string;
  try {
    source = url.startsWith('base64://')
      ? Buffer.from(url.slice('base64://'.length), 'base64').toString('utf8')
      : readFileSync(resolvePath(folder, url.slice('file://'.length)), 'utf8');
  } catch (error) {
    problems.add(key, `names a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
    return undefined;
  }
  try {
    return JSON.parse(source) as JsonValue;
  } catch {
    problems.add(key, 'names a document that is not JSON');
    return undefined;
  }
}
