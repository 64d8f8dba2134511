import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../platform/config/config.js';

/** Lets the configured origins, and no others, call the public API from a browser. A lone `*` is sent as it stands. */
export async function registerCors(app: FastifyInstance, options: Config['serve']['public']['cors']): Promise<void> {
  if (!options.enabled) return;
  const any = options.allowedOrigins.length === 1 && options.allowedOrigins[0] === '*';
  await app.register(cors, {
    origin: any ? '*' : [...options.allowedOrigins],
    methods: [...options.allowedMethods],
    allowedHeaders: [...options.allowedHeaders],
    exposedHeaders: [...options.exposedHeaders],
    // Browsers refuse credentials with `*`; never reflect the caller's origin instead.
    credentials: options.allowCredentials && !any,
  });
}
