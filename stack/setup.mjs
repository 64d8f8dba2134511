// Sets up what is missing: npm packages, library links, the build, the Temporal programs. Runs before `npm start`,
// and with `--test` before `npm test`. Uses nothing but Node.js; each step is skipped when there is nothing to do.
import { join } from 'node:path';
import { projectRoot, systemContext } from './engines/context.mjs';
import { recorded, record } from './engines/resolve.mjs';
import { resolveTemporalCli, TEMPORAL_CLI_VARIABLE } from './engines/temporal-cli.mjs';
import { resolveTestServer, TEST_SERVER_VARIABLE } from './engines/test-server.mjs';
import { build, buildIsFresh } from './setup/build.mjs';
import { withLock } from './setup/lock.mjs';
import { installPackages, packagesAreFresh } from './setup/packages.mjs';
import { makePostgresLinks, postgresLinksAreFresh } from './setup/postgres-links.mjs';
import { createProgress } from './setup/progress.mjs';

const OLDEST_NODE = [20, 19];

/** Steps in the order in which they build on each other. `context` is made with the progress that shows them. */
function stepsFor(context, forTests) {
  const engine = (title, name, variable, resolve) => ({
    title,
    isFresh: () => recorded(context, name, variable) !== null,
    run: async () => record(context.cache, name, await resolve(context)),
  });
  return [
    {
      title: 'Installing npm packages',
      isFresh: () => packagesAreFresh(projectRoot),
      run: (note) => installPackages(projectRoot, note),
    },
    {
      title: 'Linking the libraries of Postgres',
      // Packages that are still to be installed have their links still to be made.
      isFresh: () => packagesAreFresh(projectRoot) && postgresLinksAreFresh(projectRoot),
      run: async () => makePostgresLinks(projectRoot),
    },
    {
      title: 'Building',
      isFresh: () => buildIsFresh(projectRoot),
      run: (note) => build(projectRoot, note),
    },
    engine('Temporal CLI', 'temporal', TEMPORAL_CLI_VARIABLE, resolveTemporalCli),
    ...(forTests ? [engine('Time-skipping server', 'test-server', TEST_SERVER_VARIABLE, resolveTestServer)] : []),
  ];
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new Error(`Latchkey needs Node.js ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.`);
  }
  if (process.platform === 'win32')
    throw new Error('On Windows, run Latchkey in WSL: its parts are started the Unix way.');
}

async function setUp(forTests) {
  checkNode();
  const silent = createProgress(process.stderr, 0);
  await withLock(join(projectRoot, '.cache', 'setup.lock'), silent.say, async () => {
    const due = stepsFor(systemContext(silent), forTests).filter((step) => !step.isFresh());
    if (due.length === 0) return;
    const progress = createProgress(process.stderr, due.length);
    const titles = new Set(due.map((step) => step.title));
    for (const { title, run } of stepsFor(systemContext(progress), forTests)) {
      if (titles.has(title)) await progress.step(title, run);
    }
  });
}

try {
  await setUp(process.argv.includes('--test'));
} catch (error) {
  process.stderr.write(`\nSet-up failed. ${error.message}\n`);
  process.exitCode = 1;
}
