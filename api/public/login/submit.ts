import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowPage } from '../../../activities/recovery-links.js';
import { hashPassword, verifyPassword } from '../../../activities/passwords.js';
import { getIdentity } from '../../../activities/store/identities.js';
import { findPasswordOwner, saveLoginMessages } from '../../../activities/store/login-flows.js';
import type { LoginFlow } from '../../../activities/store/login-flows.js';
import { getSessionByToken, insertSession, revokeSession } from '../../../activities/store/sessions.js';
import type { Session } from '../../../activities/store/sessions.js';
import { identifierSpellings } from '../../../platform/addresses.js';
import { randomSessionToken, tokenDigest } from '../../../platform/keys.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import { SubmitLoginBody } from '../../../schemas/login.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { identityView } from '../../identity-view.js';
import { MAX_PASSWORD_LENGTH } from '../../password-policy.js';
import { flowIdOf, wantsJson } from '../../requests.js';
import { sessionView } from '../../session-view.js';
import { badRequest, bodyParser } from '../../validation.js';
import { checkCsrf, refuseBrowser } from '../csrf.js';
import { alreadySignedIn } from '../recovery/begin.js';
import { deviceOf, findSession, setSessionCookie } from '../session.js';
import { loginCsrf, loginFlowView, openLogin } from './login.js';

const parse = bodyParser(SubmitLoginBody);

/** `POST /self-service/login?flow=`: name and password. */
export async function submitLogin(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const flow = await openLogin(ctx, flowIdOf(request, 'flow'));
  const body = parse(request.body ?? {});
  if (flow.type === 'browser') checkCsrf(ctx, request, body.csrf_token, flow.csrf_digest);
  else refuseBrowser(request);
  const before = await findSession(ctx, request);
  if (before && !flow.refresh) throw alreadySignedIn();

  const identifier = body.identifier ?? body.password_identifier ?? '';
  const password = body.password ?? '';
  if (password.length > MAX_PASSWORD_LENGTH) throw badRequest(`password: may have at most ${MAX_PASSWORD_LENGTH} characters`);
  const problem = (messages: StoredMessage[]) => answerProblem({ ctx, request, reply }, flow, identifier, messages);
  if (body.method !== 'password' || !ctx.config.selfservice.methods.password.enabled) {
    return problem([{ message: 'login_method_unknown' }]);
  }
  const missing = [identifier === '' && 'identifier', password === '' && 'password'].filter((name) => name !== false);
  if (missing.length > 0) {
    return problem(missing.map((field) => ({ message: 'missing', context: { property: field }, field })));
  }

  const owner = await proveOwner(ctx, identifier, password);
  if (!owner) return problem([{ message: 'login_failed' }]);
  if (owner.state !== 'active') {
    throw new LatchkeyError('identity_disabled', { reason: 'This account is disabled.' });
  }
  const { session, token } = await openSession(ctx, request, owner.identity_id);
  if (before) await revokeSession(ctx.pool, before.id);
  return answerSignedIn({ ctx, request, reply }, flow, session, token);
}

/** Same work and time whether the name is known or not. */
async function proveOwner(ctx: ApiContext, identifier: string, password: string) {
  const owner = await findPasswordOwner(ctx.pool, identifierSpellings(identifier));
  const right = await verifyPassword(owner?.hash ?? (await decoyHash(ctx)), password);
  return owner?.hash && right ? owner : undefined;
}

let decoy: Promise<string> | undefined;

/** The hash of nothing that anybody knows, made once, at the cost of real ones. */
function decoyHash(ctx: ApiContext): Promise<string> {
  decoy ??= hashPassword(randomUUID(), ctx.config.hashers.argon2);
  return decoy;
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

interface Call {
  ctx: ApiContext;
  request: FastifyRequest;
  reply: FastifyReply;
}

async function answerProblem(
  { ctx, request, reply }: Call,
  flow: LoginFlow,
  identifier: string,
  messages: StoredMessage[],
): Promise<unknown> {
  if (flow.type === 'browser' && !wantsJson(request)) {
    await saveLoginMessages(ctx.pool, flow.id, messages);
    return reply.redirect(flowPage(ctx.config.selfservice.flows.login.uiUrl, flow.id), 303);
  }
  const csrfToken = loginCsrf(ctx, flow, request, reply);
  return reply.code(400).send(loginFlowView(ctx, flow, { csrfToken, identifier, messages }));
}

async function answerSignedIn(
  { ctx, request, reply }: Call,
  flow: LoginFlow,
  session: Session,
  token: string,
): Promise<unknown> {
  if (flow.type === 'browser') setSessionCookie(ctx, reply, token, session.expires_at);
  if (flow.type === 'browser' && !wantsJson(request)) {
    return reply.redirect(flow.return_to ?? ctx.config.selfservice.defaultBrowserReturnUrl, 303);
  }
  const identity = await getIdentity(ctx.pool, session.identity_id);
  const shown = identity && identityView(identity, { publicBaseUrl: ctx.config.serve.public.baseUrl, admin: false });
  return reply.send({
    ...(flow.type === 'api' && { session_token: token }),
    session: sessionView(session, shown ?? {}, new Date(ctx.now())),
    continue_with: null,
  });
}
