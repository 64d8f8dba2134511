import type { AdminApi } from './admin-api.js';
import type { ExitCode } from './exit.js';
import type { Io } from './io.js';
import type { Printer } from './printer.js';

/** An option of a command. */
export interface Option {
  /** Long name, without dashes. */
  readonly name: string;
  readonly short?: string;
  /** What stands for its value in help texts, such as `FILE`; a flag has none. */
  readonly value?: string;
  /** May be given several times. */
  readonly multiple?: true;
  readonly help: string;
  /** The values that it can have, offered by shell completion. */
  readonly choices?: readonly string[];
}

/** A positional argument. */
export interface Argument {
  readonly name: string;
  readonly help: string;
  readonly optional?: true;
  readonly choices?: readonly string[];
}

/** One command. */
export interface Command {
  /** The word after its group; empty when the group is the command. */
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /** What else is to be known, in paragraphs. */
  readonly details?: readonly string[];
  /** Command lines to copy, without the leading `latchkey`. */
  readonly examples: readonly [string, ...string[]];
  /** Returns an exit code other than 0 when not everything went well. @throws CliError */
  run(call: Call): Promise<ExitCode | undefined>;
}

/** Commands about one thing: one file in `cli/commands/`, and one line in `cli/commands/index.ts`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

/** One call of a command. */
export interface Call {
  /** The positional arguments, as many as the command has; those that are optional may be undefined. */
  readonly args: readonly (string | undefined)[];
  /** The value of an option, or undefined. */
  text(name: string): string | undefined;
  /** The values of an option that may be given several times. */
  texts(name: string): string[];
  flag(name: string): boolean;
  /** The admin API that the options name. @throws CliError when its address or key cannot be used */
  api(): AdminApi;
  readonly print: Printer;
  readonly io: Io;
}
