/** Exit codes of the command line, for scripts. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** Something went wrong, or not everything went well: an item of an import, a check of `doctor`. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** The service cannot be reached, or is away for the moment. Trying again may help. */
  unavailable: 3,
  /** There is no such thing (any more). */
  notFound: 4,
  /** The key is missing, not valid, or not allowed this. */
  refused: 5,
  /** The service does not take the values, or they conflict with what exists. */
  invalid: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command. The message is for the person at the terminal. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly exit: ExitCode,
    message: string,
    /** What to do about it. */
    readonly next?: string,
  ) {
    super(message);
  }
}

/** The command line is wrong. */
export function usageError(message: string, next?: string): CliError {
  return new CliError(EXIT.usage, message, next);
}
