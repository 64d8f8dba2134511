import { setTimeout } from 'node:timers/promises';
import {
  Client,
  Connection,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import type { WorkflowClientInterceptor, WorkflowHandle } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { Config } from '../platform/config/config.js';
import { registerSearchAttributes } from '../platform/search-attributes.js';
import { temporalConnectionOptions } from '../platform/temporal.js';
import { LatchkeyError } from '../schemas/errors.js';
import type { BatchKind } from '../workflows/domain/batch-lifecycle.js';
import {
  batchWorkflowId,
  changedSignal,
  credentialSetSignal,
  cancelSignal,
  inviteWorkflowId,
  machineKeyWorkflowId,
  noticeWorkflowId,
  recoveryWorkflowId,
  resendSignal,
  SEARCH_ATTRIBUTES,
  settingsChangedSignal,
  settingsHooksWorkflowId,
  submitUpdate,
  submitVerificationUpdate,
  verificationWorkflowId,
} from '../workflows/messages.js';
import type {
  BatchInput,
  ChallengeInput,
  InviteInput,
  MachineKeyInput,
  NoticeInput,
  RecoveryInput,
  Submission,
  Verdict,
  VerificationInput,
  VerificationVerdict,
} from '../workflows/messages.js';
import { hasJustCompleted, toLatchkeyError } from './temporal/errors.js';

/** Pollers that were seen longer ago than this are gone. A poll lasts one minute. */
const POLLER_FRESH_MS = 70_000;
const PAUSE_MS = 50;
/** After an outage, however long, the service is back within seconds; gRPC's own pause grows to two minutes. */
const RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 2_000 };

/** What a start adds for operators. */
export interface StartFacts {
  origin: 'self' | 'admin';
  identityId: string | null;
}

/** The same for an invite. */
export interface InviteFacts {
  method: 'code' | 'link';
  identityId: string;
  expiresAt: Date;
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
    const connection = Connection.lazy({ ...temporalConnectionOptions(config), channelArgs: RECONNECT });
    const client = new Client({ connection, namespace: config.namespace, interceptors: { workflow: interceptors } });
    return new RecoveryWorkflows(client, config);
  }

  /** Starts the recovery; durable when this returns. Returns false when it had been started before. */
  async start(input: RecoveryInput, facts: StartFacts): Promise<boolean> {
    const by = facts.origin === 'admin' ? 'asked for by an administrator' : 'asked for by the person';
    return this.startChallenge('recovery', recoveryWorkflowId(input.flowId), input, {
      summary: `Recovery by ${input.method}, ${by}`,
      identityId: facts.identityId,
    });
  }

  /** Starts a verification; durable when this returns. Returns false when it had been started before. */
  async startVerification(input: VerificationInput, identityId: string | null): Promise<boolean> {
    return this.startChallenge('verification', verificationWorkflowId(input.flowId), input, {
      summary: `Verification by ${input.method}`,
      identityId,
    });
  }

  /**
   * Submits and waits for the verdict; null when there is none to come: no such workflow, or it has ended. The code of an invite goes to
   * the workflow of that.
   */
  async submit(flow: { id: string; invite_id: string | null }, submission: Submission): Promise<Verdict | null> {
    const workflowId = flow.invite_id === null ? recoveryWorkflowId(flow.id) : inviteWorkflowId(flow.invite_id);
    return this.submitTo(workflowId, submitUpdate, { ...submission, flowId: flow.id });
  }

  /** Starts an invite, unless it is running. Durable when this returns; true when this call started it. */
  async startInvite(input: InviteInput, facts: InviteFacts): Promise<boolean> {
    return this.call(async () => {
      try {
        await this.client.workflow.start('invite', this.inviteOptions(input, facts));
        return true;
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }
    });
  }

  /** Tells a running invite that its row has changed, and starts one that is not running: it looks at its row first. */
  async tellInvite(input: InviteInput, facts: InviteFacts): Promise<void> {
    const options = { ...this.inviteOptions(input, facts), signal: changedSignal };
    await this.call(() => this.client.workflow.signalWithStart('invite', options));
  }

  /** Tells a running invite that its row says that it has ended. False when it knew. */
  async tellEndedInvite(inviteId: string): Promise<boolean> {
    return this.signal(inviteWorkflowId(inviteId), changedSignal.name);
  }

  private inviteOptions(input: InviteInput, facts: InviteFacts) {
    return {
      workflowId: inviteWorkflowId(input.inviteId),
      taskQueue: this.config.taskQueue,
      args: [input],
      // One that has expired and is renewed runs once more.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
      workflowTaskTimeout: '3s',
      staticSummary: `Invite by ${facts.method}`,
      typedSearchAttributes: [
        { key: SEARCH_ATTRIBUTES.kind, value: 'invite' },
        { key: SEARCH_ATTRIBUTES.state, value: 'sent_email' },
        { key: SEARCH_ATTRIBUTES.expiresAt, value: facts.expiresAt },
        { key: SEARCH_ATTRIBUTES.identityId, value: facts.identityId },
      ],
    };
  }

  /**
   * Tells the workflow of a batch that its row has changed, and starts it if it is not running: it looks at its row first.
   * Durable when this returns.
   */
  async tellBatch(batchId: string, kind: BatchKind): Promise<void> {
    await this.call(() =>
      this.client.workflow.signalWithStart('batch', {
        workflowId: batchWorkflowId(batchId),
        taskQueue: this.config.taskQueue,
        args: [{ batchId } satisfies BatchInput],
        // One that is done runs once more when its failed rows are to be retried.
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        staticSummary: `Batch (${kind})`,
        signal: changedSignal,
        typedSearchAttributes: [{ key: SEARCH_ATTRIBUTES.kind, value: 'batch' }],
      }),
    );
  }

  /** The same for a verification. */
  async submitVerification(flowId: string, submission: Submission): Promise<VerificationVerdict | null> {
    return this.submitTo(verificationWorkflowId(flowId), submitVerificationUpdate, submission);
  }

  /** Starts the notice of a change that is about to be made; durable when this returns. */
  async announce(noticeId: string, identityId: string): Promise<void> {
    await this.call(() =>
      this.client.workflow.start('notice', {
        workflowId: noticeWorkflowId(noticeId),
        taskQueue: this.config.taskQueue,
        args: [{ noticeId } satisfies NoticeInput],
        // The change is nearly always written by then.
        startDelay: '1s',
        staticSummary: 'Notice of a changed credential',
        typedSearchAttributes: [
          { key: SEARCH_ATTRIBUTES.kind, value: 'notice' },
          { key: SEARCH_ATTRIBUTES.identityId, value: identityId },
        ],
      }),
    );
  }

  /**
   * Tells the web hooks' workflow of a person of a change that is about to be made; durable when this returns. The hooks
   * go out once its row is written.
   */
  async announceSettingsChange(identityId: string, changeId: string): Promise<void> {
    await this.call(() =>
      this.client.workflow.signalWithStart('settingsHooks', {
        workflowId: settingsHooksWorkflowId(identityId),
        taskQueue: this.config.taskQueue,
        args: [],
        signal: settingsChangedSignal,
        signalArgs: [{ changeId }],
        staticSummary: 'Web hooks of changed settings',
        typedSearchAttributes: [
          { key: SEARCH_ATTRIBUTES.kind, value: 'settings-hooks' },
          { key: SEARCH_ATTRIBUTES.identityId, value: identityId },
        ],
      }),
    );
  }

  /** Starts the watch over a machine's key; durable when this returns. */
  async startMachineKey(input: MachineKeyInput, machineId: string): Promise<void> {
    await this.call(() =>
      this.client.workflow.start('machineKey', {
        workflowId: machineKeyWorkflowId(input.keyId),
        taskQueue: this.config.taskQueue,
        args: [input],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        staticSummary: "A machine's key, until it expires",
        typedSearchAttributes: [
          { key: SEARCH_ATTRIBUTES.kind, value: 'machine-key' },
          { key: SEARCH_ATTRIBUTES.identityId, value: machineId },
          { key: SEARCH_ATTRIBUTES.expiresAt, value: new Date(input.expiresAt) },
        ],
      }),
    );
  }

  /** Tells the watch over a machine's key that its row has changed. False when there is none, or it has ended. */
  async tellMachineKey(keyId: string): Promise<boolean> {
    return this.signal(machineKeyWorkflowId(keyId), changedSignal.name);
  }

  private async startChallenge(
    type: 'recovery' | 'verification',
    workflowId: string,
    input: ChallengeInput,
    facts: { summary: string; identityId: string | null },
  ): Promise<boolean> {
    return this.call(async () => {
      try {
        await this.client.workflow.start(type, {
          workflowId,
          taskQueue: this.config.taskQueue,
          args: [input],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowTaskTimeout: '3s',
          staticSummary: facts.summary,
          typedSearchAttributes: [
            { key: SEARCH_ATTRIBUTES.kind, value: type },
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

  private async submitTo<V>(
    workflowId: string,
    update: UpdateDefinition<V, [Submission]>,
    submission: Submission,
  ): Promise<V | null> {
    return this.call(async () => {
      try {
        const handle = this.client.workflow.getHandle(workflowId);
        return await handle.executeUpdate(update, { args: [submission], updateId: submission.id });
      } catch (error) {
        // Failed: refused because the flow has ended, or called off with the workflow.
        if (error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError) return null;
        throw error;
      }
    });
  }

  /** Asks for another code. False when there is no such workflow or it has ended. */
  async resend(flowId: string): Promise<boolean> {
    return this.signal(recoveryWorkflowId(flowId), resendSignal.name);
  }

  /** The same for a verification. */
  async resendVerification(flowId: string): Promise<boolean> {
    return this.signal(verificationWorkflowId(flowId), resendSignal.name);
  }

  /** Ends the recovery. False when there is no such workflow or it has ended. */
  async cancel(flowId: string): Promise<boolean> {
    return this.signal(recoveryWorkflowId(flowId), cancelSignal.name);
  }

  /** Tells that a new credential is set. False when there is no such workflow or it has ended. */
  async credentialSet(flowId: string): Promise<boolean> {
    return this.signal(recoveryWorkflowId(flowId), credentialSetSignal.name);
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

  /** The handle of a flow's or an invite's workflow, for operators' scripts and tests. */
  handle(
    id: string,
    kind: 'recovery' | 'verification' | 'invite' | 'batch' | 'machine-key' = 'recovery',
  ): WorkflowHandle {
    return this.client.workflow.getHandle(`${kind}/${id}`);
  }

  /** Registers the service's search attributes where they are missing. */
  async register(): Promise<void> {
    await registerSearchAttributes(this.client.connection.operatorService as never, this.config.namespace);
  }

  async close(): Promise<void> {
    await this.client.connection.close();
  }

  private async signal(workflowId: string, name: string): Promise<boolean> {
    return this.call(async () => {
      try {
        await this.client.workflow.getHandle(workflowId).signal(name);
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
        if (!hasJustCompleted(error) || Date.now() >= deadline) throw toLatchkeyError(error);
        await setTimeout(PAUSE_MS);
      }
    }
  }
}
