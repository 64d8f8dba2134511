import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.js';
import { inviteCsrf } from '../public/invites/answers.js';
import { findInvite, noteOpened } from '../public/invites/open-invite.js';
import type { FoundInvite, Situation } from '../public/invites/open-invite.js';
import { recoveryFlowView } from '../public/recovery/view.js';
import { queryValue } from '../validation.js';
import { flowForms, hasErrors, withTimes } from './form.js';
import { escapeHtml } from '../../platform/html.js';
import { page, PAGE_HEADERS, paragraph, ways } from './page.js';
import { answerProblem } from './routes.js';

/** `/ui/invite?flow=`: the service's own page of an invite. Used when the configuration names no other. */
export async function inviteUiRoutes(app: FastifyInstance, ctx: ApiContext): Promise<void> {
  app.get('/ui/invite', async (request, reply) => {
    reply.headers(PAGE_HEADERS).type('text/html; charset=utf-8');
    try {
      return await reply.send(await invitePage(ctx, request, reply));
    } catch (thrown) {
      return await answerProblem(ctx, thrown, request, reply);
    }
  });
}

async function invitePage(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<string> {
  const found = await findInvite(ctx, request);
  await noteOpened(ctx, request, found);
  return drawInvite(ctx, found, inviteCsrf(ctx, found, request, reply), queryValue(request.query, 'token'));
}

const TITLES: Record<Situation, string> = {
  open: 'You are invited',
  entered: 'You are invited',
  used_up: 'This code works no more',
  replaced: 'There is a newer message',
  accepted: 'This invitation was accepted',
  declined: 'You have declined',
  expired: 'This invitation has expired',
  revoked: 'This invitation was withdrawn',
};

/** The page of an invite. `token`: that of the link which leads here, if it does. */
export function drawInvite(ctx: ApiContext, found: FoundInvite, csrfToken: string, token: string | undefined): string {
  const { ui } = recoveryFlowView(ctx, found.flow, { csrfToken });
  const accept = found.may.accept ? acceptForm(ctx, found, csrfToken, token) : '';
  const parts = [
    said(ctx, found),
    accept,
    found.may.renew ? button(ctx, found, csrfToken, 'renew', 'Send me a new invitation', '') : '',
    found.may.decline ? button(ctx, found, csrfToken, 'decline', 'No, thank you: decline', ' class="quiet"') : '',
    wayOn(ctx, found),
  ];
  const body = parts.filter((part) => part !== '').join('\n');
  return page(TITLES[found.situation], body, { wrong: accept !== '' && hasErrors(ui) });
}

function said(ctx: ApiContext, { situation, flow, invite, may }: FoundInvite): string {
  const service = ctx.config.courier.smtp.fromName;
  switch (situation) {
    case 'open':
      if (flow.type === 'api')
        return paragraph('The code of this invitation belongs to an app. Open the app and enter it there.');
      return `${paragraph(`An account at ${service} was made for you. Accept, and choose a password.`)}
<p>The invitation is open until ${withTimes(invite.expires_at.toISOString())}.</p>`;
    case 'entered':
      return paragraph('The code was entered. Go on where that was done, and choose a password there.');
    case 'used_up':
      return paragraph(
        `Too many wrong codes were entered, or the right one was and no password was chosen in time. ${newOne(may.renew)}`,
      );
    case 'replaced':
      return paragraph('A newer message was sent to the address that was invited. Use what stands in that one.');
    case 'accepted':
      return paragraph('Its account is set up. Sign in with the password that was chosen.');
    case 'declined':
      return paragraph('Nothing more will be sent. If you change your mind, ask whoever invited you.');
    case 'expired':
      return paragraph(`It was not accepted in time. ${newOne(may.renew)}`);
    case 'revoked':
      return paragraph('Whoever invited you can tell you more.');
  }
}

function newOne(may: boolean): string {
  return may
    ? 'You can have a new one sent to the address that was invited.'
    : 'Ask whoever invited you for a new one.';
}

function acceptForm(ctx: ApiContext, { flow }: FoundInvite, csrfToken: string, token: string | undefined): string {
  if (flow.type === 'api') return '';
  if (flow.method === 'code') return flowForms(recoveryFlowView(ctx, flow, { csrfToken }).ui, { focusFirst: true });
  if (token === undefined) return paragraph('To accept, open the link in the newest message.');
  const action = new URL('self-service/recovery/confirm', ctx.config.serve.public.baseUrl);
  action.searchParams.set('flow', flow.id);
  return `<form action="${escapeHtml(action.href)}" method="POST">
<input type="hidden" name="token" value="${escapeHtml(token)}">
<input type="hidden" name="csrf_token" value="${escapeHtml(csrfToken)}">
<button type="submit">Accept</button>
</form>`;
}

function button(
  ctx: ApiContext,
  { flow }: FoundInvite,
  csrfToken: string,
  verb: 'decline' | 'renew',
  text: string,
  attributes: string,
): string {
  // Forms of browsers are refused there.
  if (flow.type === 'api') return '';
  const action = new URL(`self-service/invites/${verb}`, ctx.config.serve.public.baseUrl);
  action.searchParams.set('flow', flow.id);
  return `<form action="${escapeHtml(action.href)}" method="POST">
<input type="hidden" name="csrf_token" value="${escapeHtml(csrfToken)}">
<button type="submit"${attributes}>${escapeHtml(text)}</button>
</form>`;
}

function wayOn(ctx: ApiContext, { situation }: FoundInvite): string {
  if (situation !== 'accepted') return '';
  return ways(['Sign in', new URL('self-service/login/browser', ctx.config.serve.public.baseUrl).href]);
}
