import type { FastifyInstance } from 'fastify';

/**
 * Answers what no route takes in plain text, as Kratos does: 405 with `Allow` when the path exists under another verb,
 * else 404. Register it before the routes: it watches them being added.
 */
export function registerPlainAnswers(app: FastifyInstance): void {
  const routes: { pattern: RegExp; methods: string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(`^${url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')}/?$`);
    routes.push({ pattern, methods: [method].flat() });
  });
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const methods = routes.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods);
    reply.type('text/plain; charset=utf-8').header('x-content-type-options', 'nosniff');
    if (methods.length === 0) return reply.code(404).send('404 page not found\n');
    return reply
      .code(405)
      .header('allow', [...new Set(methods)].sort().join(', '))
      .send('Method Not Allowed\n');
  });
}
