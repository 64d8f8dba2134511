import { hashPassword } from '../../../platform/passwords.js';
import { completesRecovery, setNewPassword } from '../../../activities/store/set-password.js';
import { passwordHashOf } from '../../../activities/store/credentials.js';
import { tellInvite } from '../../invite-workflow.js';
import { MAX_PASSWORD_LENGTH, passwordProblem } from '../../password-policy.js';
import { badRequest } from '../../validation.js';
import { answerProblem, answerSaved, assertPrivileged } from './answers.js';
import { announceChange, announceToHooks } from './change.js';
import type { SettingsCall } from './submit.js';

/** Sets a new password. Of a recovery it is the last step; otherwise the owner is told. */
export async function submitPassword(call: SettingsCall, password: string): Promise<unknown> {
  const { ctx, opened, request } = call;
  assertPrivileged(call);
  if (password.length > MAX_PASSWORD_LENGTH) {
    throw badRequest(`password: may have at most ${MAX_PASSWORD_LENGTH} characters`);
  }
  const { identity, session } = opened;
  const { methods, flows } = ctx.config.selfservice;
  const problem = await passwordProblem(methods.password, password, {
    identifiers: identity.credentials.find(({ type }) => type === 'password')?.identifiers ?? [],
    presentHash: passwordHashOf(identity),
    warn: (error) =>
      request.log.warn({ err: error }, 'the list of breached passwords does not answer; it was not asked'),
  });
  if (problem) return answerProblem(call, [problem]);
  const hash = await hashPassword(password, ctx.config.hashers.argon2);
  const completed = await setNewPassword(ctx.pool, {
    session,
    hash,
    // The recovery sends a notice of its own.
    noticeId: (await completesRecovery(ctx.pool, session)) ? null : await announceChange(call),
    revokeOthers: flows.settings.revokeActiveSessions,
    alsoDo: await announceToHooks(call, 'password'),
    now: new Date(ctx.now()),
    keys: ctx.keys,
  });
  // The rows say it already. If a signal is lost, the workflow reads it there at the end of the privileged time.
  const { recovery, invite } = completed;
  await Promise.all([
    recovery !== null && ctx.workflows.credentialSet(recovery),
    invite !== null && tellInvite(ctx, invite),
  ]).catch((error: unknown) => {
    const ids = { flow: recovery, invite: invite?.id };
    request.log.warn({ err: error, ...ids }, 'the workflow will learn of the new credential later');
  });
  return answerSaved(call);
}
