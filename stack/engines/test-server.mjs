// The time-skipping Temporal server of the tests. Dependency-free.
import { join } from 'node:path';
import { isProgram } from './context.mjs';
import { buildTestServer } from './maven.mjs';
import { resolveEngine } from './resolve.mjs';
import { downloadFromSdkService } from './sdk-download.mjs';

export const TEST_SERVER_VARIABLE = 'LATCHKEY_TEST_SERVER';

const ADVICE = `Do one of these, then run the command again:
  - name a temporal-test-server program in ${TEST_SERVER_VARIABLE}
    (https://github.com/temporalio/sdk-java/releases has one for each platform);
  - install Java 11 or newer and Maven (Debian: apt-get install default-jre-headless maven);
  - copy .cache/bin/temporal-test-server and .cache/test-server from a machine where set-up went through to
    ~/.cache/latchkey.`;

/**
 * Finds or makes the time-skipping server: the variable, a cached copy, the SDK's download, the Maven artifact.
 *
 * @param {import('./context.mjs').Context} context
 * @returns {Promise<{ path: string, from: string }>}
 */
export function resolveTestServer(context) {
  const cached = join(context.cache, 'bin', 'temporal-test-server');
  const download = join(context.cache, 'bin', 'temporal-test-server-native');
  return resolveEngine(
    'time-skipping test server',
    [
      { title: TEST_SERVER_VARIABLE, find: (because) => fromVariable(context, because), binding: true },
      { title: 'a cached copy', find: (because) => fromCache(context, because) },
      {
        title: `the SDK's download (${context.downloadService})`,
        find: () => downloadFromSdkService(context, 'temporal-test-server', download),
      },
      { title: 'the Maven artifact io.temporal:temporal-test-server', find: () => buildTestServer(context, cached) },
    ],
    ADVICE,
  );
}

async function fromVariable({ env }, because) {
  const path = env[TEST_SERVER_VARIABLE];
  if (!path) {
    because('not set');
    return null;
  }
  if (!isProgram(path)) throw new Error(`it names ${path}, but there is no such program`);
  return path;
}

async function fromCache({ cache, sharedCache }, because) {
  const places = [cache, sharedCache].flatMap((folder) =>
    ['temporal-test-server-native', 'temporal-test-server'].map((name) => join(folder, 'bin', name)),
  );
  const found = places.find(isProgram);
  if (found === undefined) because(`nothing in ${join(cache, 'bin')} or ${join(sharedCache, 'bin')}`);
  return found ?? null;
}
