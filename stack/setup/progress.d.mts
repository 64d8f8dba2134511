/** See `progress.mjs`. */
export interface Progress {
  step<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T>;
  say(text: string): void;
}
export function createProgress(
  out: { write(text: string): unknown; isTTY?: boolean; columns?: number },
  steps: number,
): Progress;
