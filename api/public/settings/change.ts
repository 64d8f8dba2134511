import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { insertNotice } from '../../../activities/store/notices.js';
import type { NoticeKind } from '../../../activities/store/notices.js';
import { insertSettingsChange } from '../../../activities/store/settings-changes.js';
import { lockSession } from '../../../activities/store/sessions.js';
import { inTransaction } from '../../../platform/postgres.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { SettingsCall } from './submit.js';

/**
 * Starts the notice of a change that is about to be made, and returns its id. The notice goes out once its row is
 * written, with the change; so no change is made that its owner might not hear of.
 *
 * @throws LatchkeyError unavailable when that cannot be promised now; then nothing is changed
 */
export async function announceChange({ ctx, opened }: SettingsCall): Promise<string> {
  const id = randomUUID();
  await ctx.workflows.announce(id, opened.identity.id);
  return id;
}

/**
 * Changes a second factor, in one transaction with its notice.
 *
 * @throws LatchkeyError unauthorized when the session has ended meanwhile
 */
export async function changeSecondFactor(
  call: SettingsCall,
  kind: NoticeKind,
  change: (client: pg.PoolClient, now: Date) => Promise<void>,
): Promise<void> {
  const { ctx, opened } = call;
  const noticeId = await announceChange(call);
  const recordForHooks = await announceToHooks(call, kind.startsWith('totp') ? 'totp' : 'lookup_secret');
  const now = new Date(ctx.now());
  await inTransaction(ctx.pool, async (client) => {
    if (!(await lockSession(client, opened.session.id, now))) {
      throw new LatchkeyError('unauthorized', { reason: 'This session has ended. Sign in again.' });
    }
    await change(client, now);
    await insertNotice(client, { id: noticeId, identity_id: opened.identity.id, kind, happened_at: now });
    await recordForHooks(client, now);
  });
}

/**
 * Announces a change by `method` to the web hooks that are configured for it. Returns what is to be done in the
 * transaction that makes the change: writing it down.
 *
 * @throws LatchkeyError unavailable when the hooks cannot be promised now; then nothing is changed
 */
export async function announceToHooks(
  { ctx, opened }: SettingsCall,
  method: 'password' | 'profile' | 'totp' | 'lookup_secret',
): Promise<(client: pg.PoolClient, now: Date) => Promise<void>> {
  const { webHooks } = ctx.config.selfservice.flows.settings;
  if (!webHooks.some((hook) => hook.method === null || hook.method === method)) return async () => undefined;
  const id = randomUUID();
  const { flow, identity } = opened;
  await ctx.workflows.announceSettingsChange(identity.id, id);
  return (client, now) =>
    insertSettingsChange(client, { id, identity_id: identity.id, settings_flow_id: flow.id, method, happened_at: now });
}
