import type { Progress } from '../setup/progress.mjs';

/** What the engine resolvers know and use; see `context.mjs`. */
export interface Context {
  env: Record<string, string | undefined>;
  cache: string;
  sharedCache: string;
  downloadService: string;
  goPlaces: string[];
  progress: Progress;
}
export function findOnPath(name: string, env: Record<string, string | undefined>): string | null;
export function isProgram(path: string): boolean;
