import type { Context } from './context.mjs';

/** See `test-server.mjs`. */
export function resolveTestServer(context: Context): Promise<{ path: string; from: string }>;
