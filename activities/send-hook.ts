import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { HttpRequest } from '../platform/config/config.js';
import { webHookKeys, webHookSignature } from '../platform/web-hook-signature.js';
import { isOpen } from '../workflows/domain/invite-lifecycle.js';
import type { HookJobs, HookOccasion, HookResult } from '../workflows/hook-ports.js';
import type { ActivityDeps } from './flow-steps.js';
import { hookPayload } from './hook-payload.js';
import type { HookStory } from './hook-payload.js';
import { createRequestSender, RequestError } from './http-request.js';
import type { RequestSender } from './http-request.js';
import { withQuietFailures } from './quiet-failures.js';
import { getIdentity } from './store/identities.js';
import { getInvite } from './store/invites.js';
import { getRecoveryFlow } from './store/recovery-flows.js';
import { getSettingsChange } from './store/settings-changes.js';

/** A change that was announced and is not written after this long was not made. */
const PATIENCE_MS = 60_000;
/** The receiver wants this one no more (RFC 9110, 15.5.11). */
const GONE = 410;

/** The web hooks: regular activities, on a queue of their own. @throws TemplateError for a body that is no template */
export function createHookJobs(deps: ActivityDeps): HookJobs {
  const senders = new Map<HttpRequest, RequestSender>();
  const { recovery, settings } = deps.config.selfservice.flows;
  const ofSettings = settings.webHooks.map((hook) => hook.request);
  for (const request of [...recovery.webHooks, ...ofSettings, ...deps.config.invites.webHooks]) {
    senders.set(request, createRequestSender(request));
  }
  return withQuietFailures<HookJobs>({
    async sendHook({ hook, ...occasion }): Promise<HookResult> {
      const story = await storyOf(deps, occasion);
      const requests = story ? requestsFor(deps, story) : [];
      const sender = requests[hook] && senders.get(requests[hook]);
      const more = hook + 1 < requests.length;
      if (!story || !sender) return { sent: false, more };
      await send(deps, sender, story, hook);
      return { sent: true, more };
    },
  });
}

/** What there is to tell; undefined when nothing (any more) is. */
async function storyOf(deps: ActivityDeps, { kind, id }: HookOccasion): Promise<HookStory | undefined> {
  if (kind === 'recovery') {
    const flow = await getRecoveryFlow(deps.pool, id);
    return flow?.outcome && flow.identity_id !== null && flow.passed_at !== null ? { kind, flow } : undefined;
  }
  if (kind === 'invite') {
    const invite = await getInvite(deps.pool, id);
    // Renewed since: its end is still to come.
    return invite && !isOpen(invite.status) ? { kind, invite } : undefined;
  }
  const change = await getSettingsChange(deps.pool, id);
  if (change) return { kind, change };
  const waited = Date.now() - Context.current().info.scheduledTimestampMs;
  if (waited >= PATIENCE_MS) return undefined;
  throw ApplicationFailure.create({ message: 'not written yet', type: 'not_yet', category: 'BENIGN' });
}

function requestsFor(deps: ActivityDeps, story: HookStory): HttpRequest[] {
  const { recovery, settings } = deps.config.selfservice.flows;
  if (story.kind === 'recovery') return [...recovery.webHooks];
  if (story.kind === 'invite') return [...deps.config.invites.webHooks];
  const { method } = story.change;
  return settings.webHooks
    .filter((hook) => hook.method === null || hook.method === method)
    .map(({ request }) => request);
}

/** What makes this occasion another one than any other, and whose it is. */
function occasionOf(story: HookStory): { id: string; identity_id: string | null } {
  if (story.kind === 'recovery') return story.flow;
  if (story.kind === 'settings') return story.change;
  // One that had expired and was renewed ends a second time.
  return { id: `${story.invite.id}.${story.invite.steps.length}`, identity_id: story.invite.identity_id };
}

async function send(deps: ActivityDeps, sender: RequestSender, story: HookStory, hook: number): Promise<void> {
  const { id: told, identity_id: identityId } = occasionOf(story);
  const identity = identityId === null ? undefined : await getIdentity(deps.pool, identityId);
  const id = `${story.kind}/${told}/${hook}`;
  const { payload, values } = hookPayload(id, story, identity);
  const body = sender.body(values, payload);
  const seconds = Math.floor(Date.now() / 1_000);
  try {
    await sender.send(body, {
      'idempotency-key': id,
      'latchkey-signature': webHookSignature(webHookKeys(deps.config.secrets), seconds, body.text),
    });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (error.status === GONE) throw ApplicationFailure.nonRetryable(`refused: ${error.reply}`, 'hook_refused');
    throw ApplicationFailure.create({ message: `not taken: ${error.reply}`, type: 'hook_delayed', category: 'BENIGN' });
  }
}
