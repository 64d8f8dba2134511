import type { Context } from './context.mjs';

/** See `resolve.mjs`. */
export interface Entry {
  path: string;
  from: string;
}
export class EngineError extends Error {}
export function record(cache: string, name: string, entry: Entry): void;
export function recorded(context: Context, name: string, variable: string): Entry | null;
