// The download that the Temporal SDK itself makes: a service names the archive for a platform and an SDK version.
import { readFileSync } from 'node:fs';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { URLSearchParams } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { projectRoot } from './context.mjs';
import { download } from './download.mjs';
import { untarOne, unzip } from './unpack.mjs';

/**
 * Asks the SDK's download service for the program that this SDK version goes with, and unpacks it. A machine that
 * does not reach the service hears so in 12 seconds at most.
 *
 * @param {import('./context.mjs').Context} context
 * @param {string} artifact The service's name for it: `cli` or `temporal-test-server`.
 * @param {string} target Where the program goes.
 * @returns {Promise<string>} the target
 */
export async function downloadFromSdkService({ downloadService, progress }, artifact, target) {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  if (arch === undefined || !['linux', 'darwin'].includes(process.platform)) {
    throw new Error(`it has nothing for ${process.platform} on ${process.arch}`);
  }
  const query = new URLSearchParams({ arch, platform: process.platform, format: 'tar.gz' });
  query.set('sdk-name', 'sdk-typescript');
  query.set('sdk-version', sdkVersion());
  const answer = await download(`${downloadService}/${artifact}/default?${query}`);
  const { archiveUrl, fileToExtract } = JSON.parse(answer.toString('utf8'));

  await progress.step('downloading it', async (note) => {
    const archive = await download(archiveUrl, note);
    const program = archiveUrl.endsWith('.zip')
      ? unzip(archive).get(fileToExtract)
      : untarOne(gunzipSync(archive), fileToExtract);
    if (program === undefined) throw new Error(`the archive does not hold ${fileToExtract}`);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(`${target}.half`, program);
    await chmod(`${target}.half`, 0o755);
    await rename(`${target}.half`, target);
  });
  return target;
}

function sdkVersion() {
  return JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')).dependencies['@temporalio/client'];
}
