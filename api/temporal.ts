import {
  Client,
  Connection,
  isGrpcDeadlineError,
  isGrpcServiceError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { WorkflowClientInterceptor, WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Config } from '../platform/config/config.js';
import { registerSearchAttributes } from '../platform/search-attributes.js';
import { temporalConnectionOptions } from '../platform/temporal.js';
import { LatchkeyError } from '../schemas/errors.js';
import {
  credentialSetSignal,
  cancelSignal,
  recoveryWorkflowId,
  resendSignal,
  SEARCH_ATTRIBUTES,
  submitUpdate,
} from '../workflows/messages.js';
import type { RecoveryInput, Submission, Verdict } from '../workflows/messages.js';

/** Pollers that were seen longer ago than this are gone. A poll lasts one minute. */
const POLLER_FRESH_MS = 70_000;
const GRPC_RESOURCE_EXHAUSTED = 8;
const GRPC_FAILED_PRECONDITION = 9;

/** What a start adds for operators. */
export interface StartFacts {
  origin: 'self' | 'admin';
  identityId: string | null;
}

/**
 * The only part of the API that knows Temporal. Every call ends within `temporal.call_timeout`; when Temporal or the
 * workers do not answer in time it throws `unavailable` (503, Retry-After), and the same call may be made again.
 */
export class RecoveryWorkflows {
  private constructor(
    private readonly client: Client,
    private readonly config: Config['temporal'],
  ) {}

  /** Connects when first used, so that the API starts while Temporal is away. */
  static connect(config: Config['temporal'], interceptors: WorkflowClientInterceptor[] = []): RecoveryWorkflows {
    const connection = Connection.lazy(temporalConnectionOptions(config));
    const client = new Client({ connection, namespace: config.namespace, interceptors: { workflow: interceptors } });
    return new RecoveryWorkflows(client, config);
  }

  /** Starts the recovery; durable when this returns. Returns false when it had been started before. */
  async start(input: RecoveryInput, facts: StartFacts): Promise<boolean> {
    const by = facts.origin === 'admin' ? 'asked for by an administrator' : 'asked for by the person';
    return this.call(async () => {
      try {
        await this.client.workflow.start('recovery', {
          workflowId: recoveryWorkflowId(input.flowId),
          taskQueue: this.config.taskQueue,
          args: [input],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowTaskTimeout: '3s',
          staticSummary: `Recovery by ${input.method}, ${by}`,
          typedSearchAttributes: [
            { key: SEARCH_ATTRIBUTES.kind, value: 'recovery' },
            { key: SEARCH_ATTRIBUTES.state, value: 'sent_email' },
            { key: SEARCH_ATTRIBUTES.expiresAt, value: new Date(input.expiresAt) },
            ...(facts.identityId === null ? [] : [{ key: SEARCH_ATTRIBUTES.identityId, value: facts.identityId }]),
          ],
        });
        return true;
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }
    });
  }

  /** Submits and waits for the verdict; null when there is no such workflow or it has ended. */
  async submit(flowId: string, submission: Submission): Promise<Verdict | null> {
    return this.call(async () => {
      try {
        const handle = this.client.workflow.getHandle(recoveryWorkflowId(flowId));
        return await handle.executeUpdate(submitUpdate, { args: [submission], updateId: submission.id });
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        if (error instanceof WorkflowUpdateFailedError) {
          const type = (error.cause as { type?: string } | undefined)?.type;
          if (type === 'gone' || type === 'AcceptedUpdateCompletedWorkflow') return null;
          throw unavailable('the update failed', error);
        }
        throw error;
      }
    });
  }

  /** Asks for another code. False when there is no such workflow or it has ended. */
  async resend(flowId: string): Promise<boolean> {
    return this.signal(flowId, resendSignal.name);
  }

  /** Ends the recovery. False when there is no such workflow or it has ended. */
  async cancel(flowId: string): Promise<boolean> {
    return this.signal(flowId, cancelSignal.name);
  }

  /** Tells that a new credential is set. False when there is no such workflow or it has ended. */
  async credentialSet(flowId: string): Promise<boolean> {
    return this.signal(flowId, credentialSetSignal.name);
  }

  /** @throws LatchkeyError unavailable, saying what is away, unless Temporal answers and a worker polls both queues. */
  async ready(queues: readonly string[]): Promise<void> {
    await this.call(async () => {
      for (const queue of queues) {
        const { pollers } = await this.client.connection.workflowService.describeTaskQueue({
          namespace: this.config.namespace,
          taskQueue: { name: queue },
          taskQueueType: queue.endsWith('-mail')
            ? proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
            : proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        });
        const fresh = (pollers ?? []).some(
          ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 > Date.now() - POLLER_FRESH_MS,
        );
        if (!fresh) throw new LatchkeyError('unavailable', { reason: 'No worker is polling.', retryAfterSeconds: 2 });
      }
    });
  }

  /** The handle of a recovery's workflow, for operators' scripts and tests. */
  handle(flowId: string): WorkflowHandle {
    return this.client.workflow.getHandle(recoveryWorkflowId(flowId));
  }

  /** Registers the service's search attributes where they are missing. */
  async register(): Promise<void> {
    await registerSearchAttributes(this.client.connection.operatorService as never, this.config.namespace);
  }

  async close(): Promise<void> {
    await this.client.connection.close();
  }

  private async signal(flowId: string, name: string): Promise<boolean> {
    return this.call(async () => {
      try {
        await this.client.workflow.getHandle(recoveryWorkflowId(flowId)).signal(name);
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    });
  }

  /** Puts the deadline on one call and maps what Temporal says. */
  private async call<T>(work: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + this.config.callTimeoutMs;
    for (;;) {
      try {
        return await this.client.connection.withDeadline(deadline, work);
      } catch (error) {
        // The flow completed while the call was under way: the same call again finds it completed.
        if (grpcCode(error) === GRPC_FAILED_PRECONDITION && Date.now() < deadline) continue;
        throw toLatchkeyError(error);
      }
    }
  }
}

function grpcCode(error: unknown): number | undefined {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(cause) ? cause.code : undefined;
}

function toLatchkeyError(error: unknown): unknown {
  if (error instanceof LatchkeyError) return error;
  if (grpcCode(error) === GRPC_RESOURCE_EXHAUSTED) {
    return new LatchkeyError('too_many_requests', { retryAfterSeconds: 1, cause: error });
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error)) {
    return unavailable('no answer in time', error);
  }
  if (error instanceof ServiceError || isGrpcServiceError(error)) return unavailable('Temporal is away', error);
  return error;
}

function unavailable(detail: string, cause: unknown): LatchkeyError {
  return new LatchkeyError('unavailable', { private: detail, retryAfterSeconds: 2, cause });
}
