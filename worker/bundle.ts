import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { projectRoot } from '../platform/paths.js';

/** Where the build puts the bundle and the worker finds it. */
export const BUNDLE_PATH: string = join(projectRoot, 'dist', 'workflow-bundle.js');

/** Bundles the workflows into one file for the worker's sandbox. */
export async function bundleWorkflows(target: string): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(projectRoot, 'workflows', 'index.ts'),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
  });
  await writeFile(target, code);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await bundleWorkflows(process.argv[2] ?? BUNDLE_PATH);
}
