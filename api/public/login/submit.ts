import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from '@sinclair/typebox';
import type { LoginFlow } from '../../../activities/store/login-flows.js';
import type { SecondFactor } from '../../../activities/store/second-factors.js';
import { addProof, getSessionByToken, insertSession, revokeSession } from '../../../activities/store/sessions.js';
import type { AuthenticationMethod, Session } from '../../../activities/store/sessions.js';
import type { Queryable } from '../../../activities/store/statement.js';
import { randomSessionToken, tokenDigest } from '../../../platform/keys.js';
import { inTransaction } from '../../../platform/postgres.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import { SubmitLoginBody } from '../../../schemas/login.js';
import type { ApiContext } from '../../context.js';
import { MAX_PASSWORD_LENGTH } from '../../password-policy.js';
import { flowIdOf } from '../../requests.js';
import { badRequest, bodyParser } from '../../validation.js';
import { checkCsrf, refuseBrowser } from '../csrf.js';
import { deviceOf, findSession, sessionToken } from '../session.js';
import { ownerOf } from '../settings/open.js';
import { answerExpired, answerProblem, answerSignedIn, isHtml } from './answers.js';
import { clearAttempts, takeAttempt } from './attempts.js';
import { alreadySignedIn, findLogin, firstFactorFirst, isExpired, reaches } from './login.js';
import { proveOwner } from './password.js';
import { judgeSecondFactor, WRONG } from './second-factor.js';

const parse = bodyParser(SubmitLoginBody);
type Body = Static<typeof SubmitLoginBody>;

/** One submission on its way to an answer. */
export interface LoginCall {
  readonly ctx: ApiContext;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly flow: LoginFlow;
}

/** `POST /self-service/login?flow=`: name and password, or, for a session that has those, a second factor. */
export async function submitLogin(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const flow = await findLogin(ctx, flowIdOf(request, 'flow'));
  const body = parse(request.body ?? {});
  const call: LoginCall = { ctx, request, reply, flow };
  if (flow.type === 'browser') checkCsrf(ctx, request, body.csrf_token, flow.csrf_digest);
  else refuseBrowser(request);

  const before = await findSession(ctx, request);
  if (!before && flow.requested_aal === 'aal2') throw firstFactorFirst(ctx);
  if (before && !flow.refresh && reaches(before, flow.requested_aal)) {
    if (isHtml(call)) return reply.redirect(ctx.config.selfservice.defaultBrowserReturnUrl, 303);
    throw alreadySignedIn();
  }
  if (isExpired(ctx, flow)) return answerExpired(call);

  const { password, totp, lookupSecret } = ctx.config.selfservice.methods;
  if (!before || flow.requested_aal === 'aal1') {
    if (body.method === 'password' && password.enabled) return submitPassword(call, body, before);
  } else {
    if (body.method === 'totp' && totp.enabled) return submitSecondFactor(call, 'totp', body.totp_code, before);
    if (body.method === 'lookup_secret' && lookupSecret.enabled) {
      return submitSecondFactor(call, 'lookup_secret', body.lookup_secret, before);
    }
  }
  return answerProblem(call, [{ message: 'login_method_unknown' }]);
}

async function submitPassword(call: LoginCall, body: Body, before: Session | undefined): Promise<unknown> {
  const { ctx, request } = call;
  const identifier = body.identifier ?? body.password_identifier ?? '';
  const password = body.password ?? '';
  if (password.length > MAX_PASSWORD_LENGTH) {
    throw badRequest(`password: may have at most ${MAX_PASSWORD_LENGTH} characters`);
  }
  const missing = [identifier === '' && 'identifier', password === '' && 'password'].filter((name) => name !== false);
  if (missing.length > 0) {
    const messages = missing.map((field) => ({ message: 'missing' as const, context: { property: field }, field }));
    return answerProblem(call, messages, identifier);
  }
  const owner = await proveOwner(ctx, identifier, password);
  if (!owner) return answerProblem(call, [{ message: 'login_failed' }], identifier);
  if (owner.state !== 'active') {
    throw new LatchkeyError('identity_disabled', { reason: 'This account is disabled.' });
  }
  const token = sessionToken(ctx, request);
  if (before?.identity_id === owner.identity_id && token !== undefined) {
    const session = await goOn(ctx, ctx.pool, before, { method: 'password', aal: 'aal1' });
    return answerSignedIn(call, { session, token, isNew: false });
  }
  const opened = await openSession(ctx, request, owner.identity_id);
  // Signed in as somebody else: that session is over.
  if (before) await revokeSession(ctx.pool, before.id);
  return answerSignedIn(call, { ...opened, isNew: true });
}

async function submitSecondFactor(
  call: LoginCall,
  factor: SecondFactor,
  typed: string | undefined,
  before: Session,
): Promise<unknown> {
  const { ctx, request, flow } = call;
  if (flow.identity_id !== before.identity_id) {
    throw new LatchkeyError('identity_mismatch', { reason: 'This page was opened for another account. Start again.' });
  }
  const field = factor === 'totp' ? 'totp_code' : 'lookup_secret';
  if (typed === undefined || typed.trim() === '') {
    return answerProblem(call, [{ message: 'missing', context: { property: field }, field }]);
  }
  const identity = await ownerOf(ctx, before);
  // The same for both factors: each is a way to the same session.
  const subject = `second-factor:${identity.id}`;
  if (!(await takeAttempt(ctx, subject))) return answerProblem(call, [{ message: WRONG[factor] }]);
  const candidate = judgeSecondFactor(ctx, identity, factor, typed);
  if ('wrong' in candidate) return answerProblem(call, [{ message: candidate.wrong }]);

  const session = await inTransaction(ctx.pool, async (client) => {
    if (!(await candidate.use(client, new Date(ctx.now())))) return undefined;
    await clearAttempts(ctx, client, subject);
    return goOn(ctx, client, before, { method: factor, aal: 'aal2' });
  });
  if (!session) return answerProblem(call, [{ message: WRONG[factor] }]);
  return answerSignedIn(call, { session, token: sessionToken(ctx, request) ?? '', isNew: false });
}

/** The same session, with one more proof, made now. */
async function goOn(
  ctx: ApiContext,
  db: Queryable,
  before: Session,
  proof: Pick<AuthenticationMethod, 'method' | 'aal'>,
): Promise<Session> {
  const now = ctx.now();
  const until = new Date(now + ctx.config.session.lifespanMs);
  const session = await addProof(db, before.id, { ...proof, now: new Date(now), renewed: { until } });
  if (session) return session;
  throw new LatchkeyError('unauthorized', { reason: 'This session has ended. Sign in again.' });
}

async function openSession(ctx: ApiContext, request: FastifyRequest, identityId: string) {
  const token = randomSessionToken();
  const digest = tokenDigest(token);
  const now = new Date(ctx.now());
  await insertSession(ctx.pool, {
    id: randomUUID(),
    identityId,
    tokenDigest: digest,
    method: 'password',
    device: deviceOf(request),
    recoveryFlowId: null,
    issuedAt: now,
    expiresAt: new Date(now.getTime() + ctx.config.session.lifespanMs),
  });
  const session = await getSessionByToken(ctx.pool, digest, now);
  if (!session) throw new LatchkeyError('unavailable', { retryAfterSeconds: 1 });
  return { session, token };
}
