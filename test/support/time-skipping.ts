import { TestWorkflowEnvironment } from '@temporalio/testing';
import { enginePath } from '../../stack/engine-path.js';
import { addSearchAttributes } from '../../platform/search-attributes.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.js';
import { saveHistories } from './histories.js';
import type { Harness, HarnessOptions } from './harness.js';
import { startHarness } from './harness.js';
import { testLogger } from './logger.js';

/** A harness whose Temporal server skips time. */
export interface SkippingHarness extends Harness {
  /** Lets `ms` pass, for the workflows at once and for the service's clock. */
  pass(ms: number): Promise<void>;
  /** Waits for a recovery to complete, without letting time pass. */
  outcomeOf(flowId: string): Promise<unknown>;
}

/**
 * The service on Temporal's time-skipping test server. The only file that knows that server: time there stands still
 * except inside `pass`, and jumps then.
 */
export async function startSkippingHarness(options: HarnessOptions = {}): Promise<SkippingHarness> {
  testLogger();
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: enginePath('test-server') } },
  });
  const address = environment.address;
  // This server can add search attributes and not list them.
  const operator = environment.connection.operatorService as never;
  await addSearchAttributes(operator, 'default', Object.values(SEARCH_ATTRIBUTES));
  const harness = await startHarness({
    ...options,
    temporal: { address, namespace: environment.namespace ?? 'default' },
    searchAttributes: false,
  });
  return {
    ...harness,
    async pass(ms) {
      await environment.sleep(ms);
      harness.clock.ahead = (await environment.currentTimeMs()) - Date.now();
    },
    // A plain client's: the environment's own would skip to the next timer of any workflow.
    outcomeOf: (flowId) => harness.workflows.handle(flowId).result(),
    async stop() {
      await harness.stop();
      await saveHistories(address);
      await environment.teardown();
    },
  };
}
