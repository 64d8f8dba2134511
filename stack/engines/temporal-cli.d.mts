import type { Context } from './context.mjs';

/** See `temporal-cli.mjs`. */
export function resolveTemporalCli(context: Context): Promise<{ path: string; from: string }>;
