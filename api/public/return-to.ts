import { LatchkeyError } from '../../schemas/errors.js';
import type { ApiContext } from '../context.js';

/** Backslashes, spaces and control characters: browsers and parsers disagree about them. */
const AMBIGUOUS = /[\\\u0000-\u0020\u007f]/;
const PATH = /^\/(?!\/)/;
const BEYOND_ASCII = /[^\u0021-\u007e]/;

/**
 * Checks a `return_to` against `selfservice.allowed_return_urls`, the default return URL and the service's own base
 * URL: same scheme, host and port, and a path within the allowed one. A path alone means one on the default return
 * URL's host, as in Kratos. Returns the absolute URL as it was given (percent-encoded where it is not ASCII), or null
 * when there is none.
 * @throws LatchkeyError return_to_forbidden
 */
export function checkReturnTo(ctx: ApiContext, returnTo: string | undefined): string | null {
  if (returnTo === undefined || returnTo === '') return null;
  const { allowedReturnUrls, defaultBrowserReturnUrl } = ctx.config.selfservice;
  const allowed = [...allowedReturnUrls, defaultBrowserReturnUrl, ctx.config.serve.public.baseUrl];
  const absolute = PATH.test(returnTo) ? `${new URL(defaultBrowserReturnUrl).origin}${returnTo}` : returnTo;
  const plain = !AMBIGUOUS.test(returnTo) && /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(absolute) && URL.canParse(absolute);
  const url = plain ? new URL(absolute) : null;
  if (url && url.username === '' && url.password === '' && allowed.some((entry) => isWithin(url, entry))) {
    // It goes into a Location header, which takes ASCII.
    return BEYOND_ASCII.test(absolute) ? url.href : absolute;
  }
  throw new LatchkeyError('return_to_forbidden', {
    reason: 'return_to: this address is not on the list selfservice.allowed_return_urls.',
  });
}

/** `*.` in front of an allowed host stands for all its subdomains. */
function isWithin(url: URL, entry: string): boolean {
  const subdomains = /^[a-z][a-z0-9+.-]*:\/\/\*\./i.test(entry);
  const allowed = new URL(subdomains ? entry.replace('*.', '') : entry);
  if (url.protocol !== allowed.protocol || url.port !== allowed.port) return false;
  if (subdomains ? !url.hostname.endsWith(`.${allowed.hostname}`) : url.hostname !== allowed.hostname) return false;
  const folder = allowed.pathname.endsWith('/') ? allowed.pathname : `${allowed.pathname}/`;
  return `${url.pathname}/` === folder || url.pathname.startsWith(folder);
}
