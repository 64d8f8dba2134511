import type { NativeConnection } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import { createBatchJobs } from '../activities/batch/batch-jobs.js';
import { createBatchSteps } from '../activities/batch/batch-steps.js';
import type { ActivityDeps } from '../activities/flow-steps.js';
import { createFlowSteps } from '../activities/flow-steps.js';
import { createInviteMailJobs } from '../activities/invite-mail.js';
import { createInviteSteps } from '../activities/invite-steps.js';
import { createMachineKeyMails, createMachineKeySteps } from '../activities/machine-keys.js';
import type { MailDeps } from '../activities/mail/deliver.js';
import { createMailJobs } from '../activities/mail-jobs.js';
import { createHookJobs } from '../activities/send-hook.js';
import { batchQueueOf, hookQueueOf, mailQueueOf } from '../workflows/queues.js';

/** Time that running activities get to end at shutdown. */
const SHUTDOWN_GRACE = '10s';

/** What the workers are made of. */
export interface WorkersOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  /** Path of the pre-built workflow bundle. */
  bundlePath: string;
  deps: ActivityDeps & MailDeps;
  versioning?: { deploymentName: string; buildId: string };
}

/**
 * The workers of this service: one runs the workflows with their short Postgres steps, one the mail jobs, one the batches
 * with their mails, one the web hooks, each on a queue of its own.
 */
export async function createWorkers(options: WorkersOptions): Promise<Worker[]> {
  const { connection, namespace, taskQueue, bundlePath, deps, versioning } = options;
  const common = { connection, namespace, shutdownGraceTime: SHUTDOWN_GRACE };
  const flows = await Worker.create({
    ...common,
    taskQueue,
    workflowBundle: { codePath: bundlePath },
    activities: {
      ...createFlowSteps(deps),
      ...createInviteSteps(deps),
      ...createBatchSteps(deps),
      ...createMachineKeySteps(deps),
    },
    maxCachedWorkflows: 2_000,
    maxConcurrentLocalActivityExecutions: 50,
    stickyQueueScheduleToStartTimeout: '2s',
    ...(versioning && {
      workerDeploymentOptions: {
        useWorkerVersioning: true,
        version: versioning,
        defaultVersioningBehavior: 'PINNED' as const,
      },
    }),
  });
  const mail = await Worker.create({
    ...common,
    taskQueue: mailQueueOf(taskQueue),
    activities: { ...createMailJobs(deps), ...createInviteMailJobs(deps), ...createMachineKeyMails(deps) },
    maxConcurrentActivityTaskExecutions: 20,
  });
  // Few at a time: what a batch does costs the database what people's own recoveries need.
  const batches = await Worker.create({
    ...common,
    taskQueue: batchQueueOf(taskQueue),
    activities: { ...createBatchJobs(deps), ...createMailJobs(deps), ...createInviteMailJobs(deps) },
    maxConcurrentActivityTaskExecutions: 8,
  });
  const hooks = await Worker.create({
    ...common,
    taskQueue: hookQueueOf(taskQueue),
    activities: createHookJobs(deps),
    maxConcurrentActivityTaskExecutions: 20,
  });
  return [flows, mail, batches, hooks];
}
