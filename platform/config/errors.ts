/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** The key, such as `selfservice.flows.recovery.lifespan`; empty when it concerns the file as a whole. */
  readonly key: string;
  /** What is wrong with it and how to write it. Never holds a secret. */
  readonly text: string;
}

/** The configuration cannot be used. The message lists everything that is wrong, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(({ key, text }) => (key === '' ? text : `${key}: ${text}`)).join('\n'));
  }
}

/** Collects what is wrong, so that all of it is reported at once. */
export class ProblemList {
  readonly #problems: ConfigProblem[] = [];

  /** @param environment names of the variables that keys were taken from, by key */
  constructor(private readonly environment: ReadonlyMap<string, string>) {}

  get isEmpty(): boolean {
    return this.#problems.length === 0;
  }

  add(key: string, text: string): void {
    if (this.#problems.some((problem) => problem.key === key && problem.text === text)) return;
    this.#problems.push({ key, text });
  }

  /** Reports a rule between keys, unless one of them is wrong by itself. */
  addUnlessWrong(keys: readonly [string, ...string[]], text: string): void {
    if (!keys.some((key) => this.isWrong(key))) this.add(keys[0], text);
  }

  /** True when the key, or something below it, was reported. */
  isWrong(key: string): boolean {
    return this.#problems.some((problem) => isAtOrBelow(problem.key, key));
  }

  /** All problems, those of variables named after the variable. */
  toError(): ConfigError {
    return new ConfigError(this.#problems.map(({ key, text }) => ({ key: this.#label(key), text })));
  }

  #label(key: string): string {
    for (const [path, variable] of this.environment) {
      if (isAtOrBelow(key, path)) return `${key} (from ${variable})`;
    }
    return key;
  }
}

function isAtOrBelow(key: string, top: string): boolean {
  return key === top || key.startsWith(`${top}.`) || key.startsWith(`${top}[`);
}
