import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  condition,
  continueAsNew,
  log,
  ParentClosePolicy,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  setWorkflowOptions,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { BatchChild, BatchJobs, BatchStanding, BatchSteps, RowRange } from './batch-ports.js';
import { BatchStory } from './batch-story.js';
import { isBatchOver } from './domain/batch-lifecycle.js';
import type { BatchCommand } from './domain/batch-lifecycle.js';
import {
  cancelSignal,
  changedSignal,
  inviteWorkflowId,
  pauseSignal,
  recoveryWorkflowId,
  resumeSignal,
  retryFailedSignal,
  SEARCH_ATTRIBUTES,
} from './messages.js';
import type { BatchInput } from './messages.js';
import { batchQueueOf } from './queues.js';
import { BATCH_ROWS, FLOW_STEP } from './timeouts.js';

const steps = proxyLocalActivities<BatchSteps>(FLOW_STEP);

/** Ranges under way at a time. */
const WINDOW = 4;
/** Rows in a range: so few that a pause is felt at once, so many that the history stays short. */
const MOST_ROWS = 50;
/** Ranges planned at a time. */
const PLANNED = 20;
/** A run of the workflow ends here, and the next one goes on. Temporal takes 2,000 open children of a run at most. */
const MOST_EVENTS = 5_000;
const MOST_CHILDREN = 1_000;

/**
 * One batch: walks its pending rows in ranges, a few at a time, and no faster than its mails may go. Postgres holds the
 * truth, row by row; this makes it happen in spite of processes that die. Completes when no row is left, or when it is
 * cancelled; fails only by a fault of ours.
 */
export async function batch(input: BatchInput): Promise<'done' | 'cancelled'> {
  return new Batch(input).run();
}

// Batches run for days, so they move on to new versions of this code. Temporal takes that of versioned workers only.
setWorkflowOptions(
  () => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'AUTO_UPGRADE' } : {}),
  batch,
);

class Batch {
  private readonly story = new BatchStory();
  private readonly asked: BatchCommand[] = [];
  private changed = false;
  private readonly underWay = new Set<Promise<void>>();
  private children = 0;
  private nextMailAt: number;

  constructor(private readonly input: BatchInput) {
    this.nextMailAt = input.nextMailAt ?? 0;
    const ask = (command: BatchCommand) => (): void => void this.asked.push(command);
    setHandler(pauseSignal, ask('pause'), { description: 'Stop after the rows that are under way.' });
    setHandler(resumeSignal, ask('resume'), { description: 'Go on, or begin.' });
    setHandler(cancelSignal, ask('cancel'), { description: 'Stop for good. What is done stays done.' });
    setHandler(retryFailedSignal, ask('retry'), { description: 'Try the failed rows once more.' });
    setHandler(changedSignal, () => void (this.changed = true), {
      description: 'Sent by the API when it has changed the batch.',
    });
  }

  async run(): Promise<'done' | 'cancelled'> {
    const { cancelRequested } = CancellationScope.current();
    cancelRequested.catch(() => void this.asked.push('cancel'));
    return CancellationScope.nonCancellable(() => this.main());
  }

  private async main(): Promise<'done' | 'cancelled'> {
    let standing = await this.step();
    for (;;) {
      // Deleted.
      if (!standing) return 'cancelled';
      if (standing.state === 'running') {
        standing = (await this.walk(standing)) ?? (await this.step());
        continue;
      }
      if (isBatchOver(standing.state)) {
        await condition(() => this.underWay.size === 0);
        if (standing.state === 'cancelled') await jobs('Forget the rows').forgetRows({ batchId: this.input.batchId });
        if (!this.isCalled()) {
          upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.outcome, value: standing.state }]);
          return standing.state;
        }
      }
      await condition(() => this.isCalled());
      standing = await this.step();
    }
  }

  private isCalled(): boolean {
    return this.changed || this.asked.length > 0;
  }

  private async step(): Promise<BatchStanding | null> {
    this.changed = false;
    const asked = this.asked.shift() ?? null;
    return this.told(await steps.stepBatch({ batchId: this.input.batchId, asked }));
  }

  private told(standing: BatchStanding | null): BatchStanding | null {
    if (!standing) return null;
    this.story.stands(standing);
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.state, value: standing.state }]);
    return standing;
  }

  /** Until somebody calls (undefined), or no pending row is left (how the batch stands then). */
  private async walk({ kind, mailsPerSecond }: BatchStanding): Promise<BatchStanding | null | undefined> {
    const { batchId } = this.input;
    const mails = kind !== 'import';
    const size = mails ? Math.min(MOST_ROWS, Math.max(1, Math.floor(mailsPerSecond))) : MOST_ROWS;
    await condition(() => this.underWay.size === 0);
    let planned: RowRange[] = [];
    let after = 0;
    while (!this.isCalled()) {
      if (this.isLong()) await this.goOnAnew();
      if (planned.length === 0) {
        planned = await steps.planRows({ batchId, after, size, count: PLANNED });
        if (planned.length === 0) {
          await condition(() => this.underWay.size === 0);
          if (this.isCalled()) return undefined;
          // Rows that were left behind on the way.
          if (after > 0) after = 0;
          else return this.told(await steps.finishBatch({ batchId }));
          continue;
        }
      }
      await condition(() => this.underWay.size < WINDOW || this.isCalled());
      const wait = this.nextMailAt - Date.now();
      if (mails && wait > 0) await condition(() => this.isCalled(), wait);
      if (this.isCalled()) return undefined;
      const range = planned.shift();
      if (!range) continue;
      after = range.to;
      if (mails) this.nextMailAt = Date.now() + (size * 1_000) / mailsPerSecond;
      this.start(range);
    }
    return undefined;
  }

  private start(range: RowRange): void {
    const { runRows } = jobs(`Rows ${range.from} to ${range.to}`);
    const work = runRows({ batchId: this.input.batchId, ...range }).then(
      async ({ done, failed, stopped, children }) => {
        this.story.finished(done, failed);
        if (stopped) this.changed = true;
        this.children += children.length;
        await Promise.all(children.map(startOne));
      },
    );
    const entry: Promise<void> = work
      .catch(() => log.error('rows of a batch could not be done, and wait'))
      .then(() => void this.underWay.delete(entry));
    this.underWay.add(entry);
  }

  private isLong(): boolean {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    return continueAsNewSuggested || historyLength >= MOST_EVENTS || this.children >= MOST_CHILDREN;
  }

  private async goOnAnew(): Promise<void> {
    await condition(() => this.underWay.size === 0);
    if (this.isCalled()) return;
    await continueAsNew<typeof batch>({ batchId: this.input.batchId, nextMailAt: this.nextMailAt });
  }
}

function jobs(summary: string): BatchJobs {
  return proxyActivities<BatchJobs>({ ...BATCH_ROWS, taskQueue: batchQueueOf(workflowInfo().taskQueue), summary });
}

/** Starts what a row made. It goes on by itself, whatever becomes of the batch; one that runs already is no error. */
async function startOne(child: BatchChild): Promise<void> {
  const [workflowId, expiresAt] =
    child.type === 'recovery'
      ? [recoveryWorkflowId(child.input.flowId), child.input.expiresAt]
      : [inviteWorkflowId(child.input.inviteId), child.expiresAt];
  const method = child.type === 'recovery' ? child.input.method : child.method;
  try {
    await startChild(child.type, {
      workflowId,
      args: [child.input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowTaskTimeout: '3s',
      // People's own go first, where the server knows priorities.
      priority: { priorityKey: 4 },
      staticSummary:
        child.type === 'recovery' ? `Recovery by ${method}, required by a batch` : `Invite by ${method}, of a batch`,
      typedSearchAttributes: [
        { key: SEARCH_ATTRIBUTES.kind, value: child.type },
        { key: SEARCH_ATTRIBUTES.state, value: 'sent_email' },
        { key: SEARCH_ATTRIBUTES.expiresAt, value: new Date(expiresAt) },
        { key: SEARCH_ATTRIBUTES.identityId, value: child.identityId },
      ],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
