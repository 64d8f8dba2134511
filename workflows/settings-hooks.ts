import { condition, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import { deliverHooks } from './deliver-hooks.js';
import { settingsChangedSignal } from './messages.js';

/**
 * Tells the operator's services of one person's changes in the settings, in the order in which they were made: one
 * workflow a person, which ends when there is nothing left to tell. It is started by the first change's signal.
 */
export async function settingsHooks(waiting: string[] = []): Promise<void> {
  const changes = [...waiting];
  setHandler(settingsChangedSignal, ({ changeId }) => void changes.push(changeId), {
    description: 'A change in the settings is about to be written, under this id.',
  });
  await condition(() => changes.length > 0);
  for (let id = changes.shift(); id !== undefined; id = changes.shift()) {
    await deliverHooks({ kind: 'settings', id });
    if (workflowInfo().continueAsNewSuggested && changes.length > 0) {
      await continueAsNew<typeof settingsHooks>(changes);
    }
  }
}
