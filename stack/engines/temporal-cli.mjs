// The Temporal CLI, which holds the development server and its web pages. Dependency-free.
import { join } from 'node:path';
import { findOnPath, isProgram } from './context.mjs';
import { buildTemporalCli } from './go-build.mjs';
import { resolveEngine } from './resolve.mjs';
import { run } from './run.mjs';
import { downloadFromSdkService } from './sdk-download.mjs';

export const TEMPORAL_CLI_VARIABLE = 'LATCHKEY_TEMPORAL_CLI';

/** Update-with-start is on by default from this server version. */
const OLDEST_SERVER = [1, 28];

/**
 * Finds or makes the Temporal CLI: the variable, PATH, a cached copy, the SDK's download, a build by Go.
 *
 * @param {import('./context.mjs').Context} context
 * @returns {Promise<{ path: string, from: string }>}
 */
export function resolveTemporalCli(context) {
  return resolveEngine('Temporal CLI', temporalCliWays(context), ADVICE);
}

const ADVICE = `Do one of these, then run the command again:
  - install the Temporal CLI (https://docs.temporal.io/cli) and put it on PATH, or name it in ${TEMPORAL_CLI_VARIABLE};
  - install Go 1.25 or newer, and let GOPROXY name a Go module proxy that this machine reaches;
  - copy .cache/bin/temporal from a machine where set-up went through to ~/.cache/latchkey/bin/temporal.`;

/**
 * @param {import('./context.mjs').Context} context
 * @returns {import('./resolve.mjs').Way[]}
 */
function temporalCliWays(context) {
  const cached = join(context.cache, 'bin', 'temporal');
  return [
    { title: TEMPORAL_CLI_VARIABLE, find: (because) => fromVariable(context, because), binding: true },
    { title: '`temporal` on PATH', find: (because) => fromPath(context, because) },
    { title: 'a cached copy', find: (because) => fromCache(context, because) },
    {
      title: `the SDK's download (${context.downloadService})`,
      find: () => downloadFromSdkService(context, 'cli', cached),
    },
    { title: 'a build from the Go module proxy', find: () => buildTemporalCli(context, cached) },
  ];
}

async function fromVariable({ env }, because) {
  const path = env[TEMPORAL_CLI_VARIABLE];
  if (!path) {
    because('not set');
    return null;
  }
  await checkCli(path).catch((error) => {
    throw new Error(`it names ${path}, but ${error.message}`);
  });
  return path;
}

async function fromPath({ env }, because) {
  const path = findOnPath('temporal', env);
  if (path === null) {
    because('not there');
    return null;
  }
  await checkCli(path);
  return path;
}

async function fromCache({ cache, sharedCache }, because) {
  const places = [cache, sharedCache].map((folder) => join(folder, 'bin', 'temporal'));
  for (const path of places) {
    if (!isProgram(path)) continue;
    await checkCli(path);
    return path;
  }
  because(`neither ${places.join(' nor ')}`);
  return null;
}

/**
 * @throws {Error} when it does not run, or its server is too old
 */
async function checkCli(path) {
  if (!isProgram(path)) throw new Error('there is no such program');
  const output = await run(path, ['--version'], { timeoutMs: 20_000 });
  const [, major, minor] = /Server (\d+)\.(\d+)/.exec(output) ?? [];
  if (major === undefined) throw new Error(`${path} --version answered ${output.trim().slice(0, 80)}`);
  if (Number(major) === OLDEST_SERVER[0] && Number(minor) < OLDEST_SERVER[1]) {
    throw new Error(`its server is ${major}.${minor}, and ${OLDEST_SERVER.join('.')} is the oldest that will do`);
  }
}
