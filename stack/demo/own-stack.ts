import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../platform/config/environment.js';
import { startStack } from '../stack.js';
import { DemoError } from './talk.js';

/** A stack that the demo can play on. */
export interface DemoStack {
  readonly publicUrl: string;
  readonly adminUrl: string;
  readonly inboxUrl: string;
  /** Where Temporal's web pages list the workflows; null when they are not the stack's own. */
  readonly workflowsUrl: string | null;
  /** True for one that was brought up for the demo. */
  readonly own: boolean;
  /** Stops one of its own and removes its data; leaves others alone. */
  leave(): Promise<void>;
}

export interface OwnStackOptions {
  /** YAML file as for `npm start`; null for defaults and environment only. */
  readonly configFile: string | null;
  readonly env: Environment;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The configuration that the story asks for. */
const END_OLD_SESSIONS = '[{"hook":"revoke_active_sessions"}]';

/**
 * Brings up a stack at the configured ports, with data of its own that go when it stops.
 * @throws Error in words for the person at the terminal; nothing is left then
 */
export async function startOwnStack({ configFile, env, say, signal }: OwnStackOptions): Promise<DemoStack> {
  const dataDir = join(tmpdir(), `latchkey-demo-${randomUUID()}`);
  const removeData = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  const ownEnv = { ...env, STACK_DATA_DIR: dataDir, SELFSERVICE_FLOWS_RECOVERY_AFTER_HOOKS: END_OLD_SESSIONS };
  const stack = await startStack({ configFile, env: ownEnv, say, signal }).catch(async (error: unknown) => {
    await removeData();
    throw error;
  });
  const leave = async (): Promise<void> => {
    await stack.stop();
    await removeData();
  };
  const { publicApi, adminApi, inbox, temporalUi } = stack.addresses;
  if (inbox === null) {
    await leave();
    throw new DemoError('The mails are read in the mail catcher of the stack: leave courier.smtp.connection_uri out.');
  }
  const workflowsUrl = workflowPages(temporalUi, stack.config.temporal.namespace);
  return { publicUrl: publicApi, adminUrl: adminApi, inboxUrl: inbox, workflowsUrl, own: true, leave };
}

/** The list of a namespace's workflows in the web pages at `ui`. */
export function workflowPages(ui: string | null, namespace: string): string | null {
  return ui === null ? null : `${ui}/namespaces/${encodeURIComponent(namespace)}/workflows`;
}

/** The page of a recovery's workflow beneath that list. */
export function recoveryPageIn(workflowsUrl: string, flowId: string): string {
  return `${workflowsUrl}/${encodeURIComponent(`recovery/${flowId}`)}`;
}
