/** What the engine resolvers know and use; see `context.mjs`. */
export interface Context {
  env: Record<string, string | undefined>;
  cache: string;
  sharedCache: string;
  downloadService: string;
  goPlaces: string[];
  progress: import('../setup/progress.mjs').Progress;
}
export function findOnPath(name: string, env: Record<string, string | undefined>): string | null;
export function isProgram(path: string): boolean;
