import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../platform/paths.js';
import { recoveryPageIn, startOwnStack } from './demo/own-stack.js';
import { CHROMIUM_VARIABLE, findChromium, launchChromium } from './pictures/chromium.js';
import { pictureRecovery } from './pictures/flow.js';
import { pictureWorkflow } from './pictures/temporal-ui.js';

/** Takes the pictures in docs/pictures: brings up a stack, plays a recovery in a browser and photographs it. */
async function main(): Promise<void> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const chromium = findChromium(process.env);
  if (chromium === null)
    throw new Error(`The pictures need Chromium: install it, or name one in ${CHROMIUM_VARIABLE}.`);
  const folder = join(projectRoot, 'docs', 'pictures');
  await mkdir(folder, { recursive: true });

  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort(new Error('Stopped.')));
  const stack = await startOwnStack({ configFile: null, env: process.env, say, signal: stop.signal });
  try {
    const browser = await launchChromium(chromium);
    try {
      const flowId = await pictureRecovery(browser, stack, folder);
      if (stack.workflowsUrl === null)
        throw new Error('The pictures need the Temporal of the stack: leave temporal.address out.');
      await pictureWorkflow(browser, recoveryPageIn(stack.workflowsUrl, flowId), join(folder, 'temporal-ui.png'));
    } finally {
      await browser.close();
    }
  } finally {
    await stack.leave();
  }
  for (const name of ['temporal-ui', 'recovery-page', 'settings-page', 'inbox']) {
    const { size } = await stat(join(folder, `${name}.png`));
    say(`docs/pictures/${name}.png: ${Math.ceil(size / 1_024)} kB`);
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
