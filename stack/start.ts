import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError } from '../platform/config/load.js';
import { startStack } from './stack.js';
import type { Stack } from './stack.js';
import { welcome } from './welcome.js';

const USAGE = `Usage: npm start -- [--config FILE] [--verbose]

Brings up Latchkey with everything it needs: Postgres, Temporal, a mail catcher, the worker and the API.

  -c, --config FILE   read the configuration from this YAML file
  -v, --verbose       print all logs, not only warnings
  -h, --help          print this

Every key of the file can be set by an environment variable too: serve.public.port is SERVE_PUBLIC_PORT. A second
stack beside the first needs ports and a data folder (stack.data_dir) of its own.
`;

/** One Ctrl-C can arrive twice, from the terminal and from npm. A second one counts after this many milliseconds. */
const SAME_SIGNAL_MS = 1_000;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Resolves at the first signal to stop; at the second, leaves at once, and the guardian ends what is still running. */
function listenForSignals(): AbortController {
  const stop = new AbortController();
  let first = 0;
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) {
      if (Date.now() - first < SAME_SIGNAL_MS) return;
      say('Stopping at once.');
      process.exit(130);
    }
    first = Date.now();
    say(`\n${name}: stopping, a second one does not wait …`);
    stop.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  stopWithNpm(() => onSignal('SIGHUP'));
  return stop;
}

/** Under `npm start` an npm that was killed outright takes the stack along. */
function stopWithNpm(stop: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const npm = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(timer);
    stop();
  }, 1_000);
  timer.unref();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string', short: 'c' },
      verbose: { type: 'boolean', short: 'v', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const { signal } = listenForSignals();
  const began = Date.now();
  let stack: Stack;
  try {
    stack = await startStack({ configFile: values.config ?? null, say, verbose: values.verbose, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    say('Stopped before everything was up.');
    return;
  }
  if (stack.config.dsn === null)
    await writeFile(join(stack.dataDir, 'dsn'), `${stack.addresses.dsn}\n`, { mode: 0o600 });
  process.stdout.write(welcome(stack));
  say(`Ready after ${((Date.now() - began) / 1000).toFixed(1)} s.`);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  await stack.stop();
  say('Stopped.');
}

try {
  await main();
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof ConfigError ? `The configuration cannot be used.\n${text}\n` : `${text}\n`);
  process.exitCode = 1;
}
// Nothing should hold the process any more; if something does, it must not.
setTimeout(() => process.exit(), 2_000).unref();
