import type { TextKind } from '../../schemas/config/kinds.js';
import { parseGoDuration } from '../../workflows/domain/duration.js';
import { parseSize } from './size.js';

/** What a kind of text accepts. */
export interface TextFormat {
  /** Its name in the documentation. */
  readonly name: string;
  /** What is wrong with a text, in words that continue its key; null when nothing is. */
  readonly problem: (text: string) => string | null;
}

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const CONTROL = /[\u0000-\u001f\u007f]/;
const NOT_FOR_REDIRECTS = new Set(['javascript:', 'data:', 'vbscript:', 'file:', 'blob:']);

function format(name: string, accepts: (text: string) => boolean, words: string): TextFormat {
  return { name, problem: (text) => (accepts(text) ? null : words) };
}

function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\/[^\s\\]+$/i.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  return url.username === '' && url.password === '';
}

/** A path on the public base URL; `//host` and backslashes would leave it. */
function isPath(text: string): boolean {
  return /^\/(?![/\\])[^\s\\]*$/.test(text);
}

function isReturnUrl(text: string): boolean {
  if (isPath(text) || isHttpUrl(text)) return true;
  if (/[\s\\]/.test(text) || !URL.canParse(text)) return false;
  const { protocol } = new URL(text);
  return !NOT_FOR_REDIRECTS.has(protocol) && !/^https?:$/.test(protocol);
}

function isOrigin(text: string): boolean {
  return text === '*' || (/^[a-z][a-z0-9+.-]*:\/\/[^\s/\\?#@]+\/?$/i.test(text) && text.split('*').length <= 2);
}

function durationProblem(text: string): string | null {
  const milliseconds = parseGoDuration(text);
  if (milliseconds === null) return 'is not a duration; write it like "1h30m"';
  return milliseconds < 1 ? 'must be 1ms or longer' : null;
}

function schemaUrlProblem(text: string): string | null {
  if (/^https?:\/\//i.test(text))
    return 'cannot be fetched: schemas are not read over the network; use file:// or base64://';
  return /^(file|base64):\/\/./.test(text)
    ? null
    : 'is not a schema URL; write it like "file:///etc/person.schema.json"';
}

function templateUrlProblem(text: string): string | null {
  if (/^(file|base64):\/\/./.test(text) || isHttpUrl(text)) return null;
  return 'is not the address of a template; write it like "file:///etc/latchkey/code.gotmpl" or "https://example.com/code.gotmpl"';
}

function digestProblem(text: string): string | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return null;
  if (text.startsWith('lk_')) return 'is a key itself; put the SHA-256 digest of the key here, never the key';
  return 'is not a SHA-256 digest; it has 64 hexadecimal digits';
}

/** The kinds of text. */
export const TEXT_FORMATS: Readonly<Record<TextKind, TextFormat>> = {
  text: format(
    'text',
    (text) => text.trim() !== '' && !CONTROL.test(text),
    'is empty, or has control characters in it',
  ),
  duration: { name: 'duration', problem: durationProblem },
  size: format('size', (text) => (parseSize(text) ?? 0) > 0, 'is not a size; write it like "19MB"'),
  'base-url': format(
    'URL',
    (text) => isHttpUrl(text) && !/[?#]/.test(text),
    'is not an absolute http or https URL; write it like "https://id.example.com/"',
  ),
  'page-url': format(
    'URL',
    (text) => isHttpUrl(text) || isPath(text),
    'is not an http or https URL, nor a path; write it like "https://app.example.com/recovery" or "/recovery"',
  ),
  'return-url': format(
    'URL',
    isReturnUrl,
    'is not a URL to send browsers to, nor a path; write it like "https://app.example.com/" or "/welcome"',
  ),
  'schema-url': { name: 'URL', problem: schemaUrlProblem },
  'request-url': format(
    'URL',
    isHttpUrl,
    'is not an http or https URL without a user in it; write it like "https://example.com/hook"',
  ),
  'template-url': { name: 'URL', problem: templateUrlProblem },
  folder: format('folder', (text) => text.trim() !== '' && !CONTROL.test(text), 'is not the path of a folder'),
  locale: format(
    'language',
    (text) => /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(text),
    'is not a language; write it like "de" or "pt-BR"',
  ),
  origin: format('origin', isOrigin, 'is not an origin; write it like "https://app.example.com", without a path'),
  host: format('host', (text) => /^[0-9a-z._:-]+$/i.test(text), 'is not a host name or an IP address'),
  service: format(
    'host',
    (text) => /^(https?:\/\/)?[0-9a-z._:-]+$/i.test(text),
    'is not a host name; write it like "passwords.example.com", or "http://passwords.internal:8080"',
  ),
  address: format(
    'address',
    (text) => /^[^\s/]+:\d{1,5}$/.test(text),
    'is not an address; write it like "temporal.example.com:7233"',
  ),
  'postgres-url': format(
    'URL',
    (text) => /^postgres(ql)?:\/\//i.test(text) && URL.canParse(text),
    'is not a Postgres connection string; write it like "postgres://user:password@host:5432/database"',
  ),
  'smtp-url': format(
    'URL',
    (text) => /^smtps?:\/\/[^\s]/i.test(text) && URL.canParse(text),
    'is not an SMTP connection string; write it like "smtp://user:password@host:587/"',
  ),
  email: format(
    'e-mail address',
    (text) => /^[^\s@<>(),;:"\\[\]]+@[^\s@<>(),;:"\\[\]]+$/.test(text) && !CONTROL.test(text),
    'is not an e-mail address; write it like "no-reply@example.com"',
  ),
  header: format('header name', (text) => TOKEN.test(text), 'is not the name of a header'),
  'cookie-name': format('cookie name', (text) => TOKEN.test(text), 'is not a cookie name'),
  'cookie-path': format(
    'path',
    (text) => /^\/[^;]*$/.test(text) && !CONTROL.test(text),
    'is not a path; write it like "/"',
  ),
  'key-id': format(
    'text',
    (text) => /^[\w.-]{1,64}$/.test(text),
    'is not a key id: up to 64 letters, digits, dots, dashes and underscores',
  ),
  sha256: { name: 'SHA-256 digest', problem: digestProblem },
  secret: format('secret', (text) => text.length >= 16, 'is shorter than 16 characters'),
  'cipher-secret': format('secret', (text) => text.length === 32, 'is not exactly 32 characters long'),
};
