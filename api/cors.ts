import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../platform/config/config.js';

type Options = Config['serve']['public']['cors'];

/** Headers that browsers let any page send (Fetch standard). */
const ALWAYS_ALLOWED = ['accept', 'accept-language', 'content-language', 'content-type'];
const PREFLIGHT_VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

/**
 * Lets the configured origins, and no others, call the public API from a browser (Fetch standard, CORS protocol).
 * Requests of other origins are answered without the headers that would let a page read the answer.
 */
export function registerCors(app: FastifyInstance, options: Options): void {
  if (!options.enabled) return;
  const isAllowed = originTest(options.allowedOrigins);
  const anyone = options.allowedOrigins.length === 1 && options.allowedOrigins[0] === '*';
  // Browsers refuse credentials with `*`; never reflect the caller's origin instead.
  const credentials = options.allowCredentials && !anyone;

  const allow = (reply: FastifyReply, origin: string): void => {
    reply.header('access-control-allow-origin', anyone ? '*' : origin);
    if (credentials) reply.header('access-control-allow-credentials', 'true');
  };
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    if (isPreflight(request)) {
      reply.header('vary', PREFLIGHT_VARY);
      if (origin !== undefined && isAllowed(origin) && asksForAllowed(request, options)) {
        allow(reply, origin);
        reply.header('access-control-allow-methods', request.headers['access-control-request-method']);
        const wanted = request.headers['access-control-request-headers'];
        if (wanted !== undefined) reply.header('access-control-allow-headers', wanted);
      }
      return reply.code(204).send();
    }
    if (origin !== undefined && isAllowed(origin)) {
      allow(reply, origin);
      if (options.exposedHeaders.length > 0) {
        reply.header('access-control-expose-headers', options.exposedHeaders.join(', '));
      }
    }
  });
}

/** Origins are compared without regard to letter case; one `*` in an entry stands for any characters. */
function originTest(allowed: readonly string[]): (origin: string) => boolean {
  const tests = allowed.map((entry) => {
    const [before = '', after] = entry.toLowerCase().replace(/\/$/, '').split('*');
    return (origin: string): boolean =>
      after === undefined
        ? origin === before
        : origin.length >= before.length + after.length && origin.startsWith(before) && origin.endsWith(after);
  });
  return (origin) => tests.some((test) => test(origin.toLowerCase()));
}

function isPreflight(request: FastifyRequest): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}

function asksForAllowed(request: FastifyRequest, options: Options): boolean {
  const method = request.headers['access-control-request-method']?.toUpperCase() ?? '';
  const headers = (request.headers['access-control-request-headers'] ?? '').toLowerCase().split(/\s*,\s*/);
  const known = new Set([...ALWAYS_ALLOWED, ...options.allowedHeaders.map((name) => name.toLowerCase())]);
  const methods = new Set(['GET', 'HEAD', 'POST', ...options.allowedMethods]);
  return methods.has(method) && headers.every((name) => name === '' || known.has(name.trim()));
}
