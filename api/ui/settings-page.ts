import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.js';
import { openSettings, settingsCsrf } from '../public/settings/open.js';
import { settingsFlowView } from '../public/settings/view.js';
import { flowForms, hasErrors } from './form.js';
import { page, ways } from './page.js';

/** The page on which a person changes the password and the profile. */
export async function settingsPage(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<string> {
  const opened = await openSettings(ctx, request, 'flow');
  const { flow } = opened;
  const { ui } = await settingsFlowView(ctx, opened, { csrfToken: settingsCsrf(ctx, flow, request, reply) });
  // The password first: it is what most come here for.
  const nodes = [...ui.nodes].sort((a, b) => Number(b.group === 'password') - Number(a.group === 'password'));
  const least = ctx.config.selfservice.methods.password.minPasswordLength;
  const forms = flowForms(
    { ...ui, nodes },
    {
      headings: {
        password: 'New password',
        profile: 'About you',
        lookup_secret: 'Backup codes',
        totp: 'Authenticator app',
      },
      hints: { password: `At least ${least} characters. A few words in a row are easy to remember and hard to guess.` },
    },
  );
  return page('Your account', `${forms}\n${flow.state === 'success' ? wayOn(ctx) : ''}`, { wrong: hasErrors(ui) });
}

/** Back to the application, when it has told where it is. */
function wayOn(ctx: ApiContext): string {
  const { defaultBrowserReturnUrl, flows } = ctx.config.selfservice;
  return defaultBrowserReturnUrl === flows.settings.uiUrl ? '' : ways(['Go on', defaultBrowserReturnUrl]);
}
