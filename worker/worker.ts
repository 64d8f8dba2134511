import type { NativeConnection } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import type { ActivityDeps } from '../activities/flow-steps.js';
import { createFlowSteps } from '../activities/flow-steps.js';
import { createInviteMailJobs } from '../activities/invite-mail.js';
import { createInviteSteps } from '../activities/invite-steps.js';
import type { MailDeps } from '../activities/mail/deliver.js';
import { createMailJobs } from '../activities/mail-jobs.js';
import { mailQueueOf } from '../workflows/queues.js';

/** Time that running activities get to end at shutdown. */
const SHUTDOWN_GRACE = '10s';

/** What a pair of workers is made of. */
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
 * The two workers of this service: one runs the workflows with their short Postgres steps, the other the mail jobs, on
 * a queue of their own.
 */
export async function createWorkers(options: WorkersOptions): Promise<Worker[]> {
  const { connection, namespace, taskQueue, bundlePath, deps, versioning } = options;
  const common = { connection, namespace, shutdownGraceTime: SHUTDOWN_GRACE };
  const flows = await Worker.create({
    ...common,
    taskQueue,
    workflowBundle: { codePath: bundlePath },
    activities: { ...createFlowSteps(deps), ...createInviteSteps(deps) },
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
    activities: { ...createMailJobs(deps), ...createInviteMailJobs(deps) },
    maxConcurrentActivityTaskExecutions: 20,
  });
  return [flows, mail];
}
