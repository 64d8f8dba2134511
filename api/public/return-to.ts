import { LatchkeyError } from '../../schemas/errors.js';
import type { ApiContext } from '../context.js';

/**
 * Checks a `return_to` against `selfservice.allowed_return_urls` and the service's own base URL: same scheme, host and
 * port, and a path that begins with the allowed one. Absolute http(s) only; user-info and backslashes are refused, as
 * browsers and parsers disagree about them. @throws LatchkeyError return_to_forbidden
 */
export function checkReturnTo(ctx: ApiContext, returnTo: string | undefined): string | null {
  if (returnTo === undefined || returnTo === '') return null;
  const url = URL.canParse(returnTo) ? new URL(returnTo) : null;
  const plain =
    url !== null &&
    /^https?:\/\/[^/\\]/i.test(returnTo) &&
    !returnTo.includes('\\') &&
    !/[\u0000-\u0020]/.test(returnTo) &&
    url.username === '' &&
    url.password === '';
  const { allowedReturnUrls, defaultBrowserReturnUrl } = ctx.config.selfservice;
  const allowed = [...allowedReturnUrls, defaultBrowserReturnUrl, ctx.config.serve.public.baseUrl];
  if (!plain || !allowed.some((entry) => isWithin(url, new URL(entry)))) {
    throw new LatchkeyError('return_to_forbidden', {
      reason: 'return_to: this address is not on the list selfservice.allowed_return_urls.',
    });
  }
  return returnTo;
}

function isWithin(url: URL, allowed: URL): boolean {
  if (url.origin !== allowed.origin) return false;
  const folder = allowed.pathname.endsWith('/') ? allowed.pathname : `${allowed.pathname}/`;
  return url.pathname === allowed.pathname || url.pathname.startsWith(folder);
}
