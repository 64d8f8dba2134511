import { log, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { HookJobs, HookOccasion } from './hook-ports.js';
import { hookQueueOf } from './queues.js';
import { WEB_HOOK } from './timeouts.js';

/**
 * Delivers the web hooks of one occasion, in the order of the configuration: each is tried until it is taken or days
 * have passed, and only then the next.
 */
export async function deliverHooks(occasion: HookOccasion): Promise<void> {
  const { sendHook } = proxyActivities<HookJobs>({ ...WEB_HOOK, taskQueue: hookQueueOf(workflowInfo().taskQueue) });
  // Far more than anybody configures: an end, should a job ever say `more` for ever.
  for (let hook = 0; hook < 100; hook += 1) {
    const { more } = await sendHook({ ...occasion, hook }).catch(() => {
      log.error('a web hook was not taken in days, and is given up');
      return { more: true };
    });
    if (!more) return;
  }
}
