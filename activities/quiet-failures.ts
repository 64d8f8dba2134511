import { ApplicationFailure, TemporalFailure } from '@temporalio/common';

type Activities<T> = { [Name in keyof T]: (input: never) => Promise<unknown> };

/**
 * The same activities, with failures that Temporal may keep. Of an error that nobody foresaw only its kind, its code and
 * its place go there: its text can name the database's host and user, or quote what a row holds.
 */
export function withQuietFailures<T extends Activities<T>>(activities: T): T {
  const quiet = Object.entries<(input: never) => Promise<unknown>>(activities).map(([name, run]) => [
    name,
    async (input: never) => {
      try {
        return await run(input);
      } catch (error) {
        throw quietFailure(error);
      }
    },
  ]);
  return Object.fromEntries(quiet) as T;
}

function quietFailure(error: unknown): unknown {
  if (error instanceof TemporalFailure || !(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  const message = typeof code === 'string' ? `${error.name} ${code}` : error.name;
  const failure = ApplicationFailure.retryable(message, 'internal');
  const places = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  failure.stack = [message, ...places].join('\n');
  return failure;
}
