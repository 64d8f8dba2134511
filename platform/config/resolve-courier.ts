import { resolve as resolvePath } from 'node:path';
import type { ConfigFile } from '../../schemas/config.js';
import { TEMPLATE_NAMES } from '../../schemas/config/delivery.js';
import type { Config, TemplatePart, TemplateSource } from './config.js';
import { resolveRequest } from './resolve-requests.js';
import type { RequestContext } from './resolve-requests.js';

/** How messages leave. */
export function resolveCourier(courier: ConfigFile['courier'], context: RequestContext): Config['courier'] {
  const at = courier.channels.findIndex(({ id }) => id === 'sms');
  const channel = courier.channels[at];
  if (courier.channels.length > 1) context.problems.add('courier.channels', 'the id "sms" stands there twice');
  const sms = channel && resolveRequest(channel.request_config, `courier.channels[${at}].request_config`, context);
  return { smtp: resolveSmtp(courier.smtp), templates: resolveTemplates(courier, context.folder), sms: sms ?? null };
}

function resolveSmtp(smtp: ConfigFile['courier']['smtp']): Config['courier']['smtp'] {
  return {
    connectionUri: smtp.connection_uri ?? null,
    fromAddress: smtp.from_address,
    fromName: smtp.from_name,
    headers: smtp.headers,
  };
}

function resolveTemplates(courier: ConfigFile['courier'], folder: string): Config['courier']['templates'] {
  const { template_override_path: overrides, locales, templates } = courier;
  const sources = TEMPLATE_NAMES.flatMap((name) => {
    const { valid, invalid } = templates[name];
    const parts = (template: string, part: TemplatePart, url: string | undefined): TemplateSource[] =>
      url === undefined ? [] : [{ template: `${name}_${template}`, part, url: absoluteFile(url, folder) }];
    return [
      ...parts('valid', 'email.subject', valid.email.subject),
      ...parts('valid', 'email.body.html', valid.email.body.html),
      ...parts('valid', 'email.body.plaintext', valid.email.body.plaintext),
      ...parts('valid', 'sms.body.plaintext', valid.sms.body.plaintext),
      ...parts('invalid', 'email.subject', invalid.email.subject),
      ...parts('invalid', 'email.body.html', invalid.email.body.html),
      ...parts('invalid', 'email.body.plaintext', invalid.email.body.plaintext),
    ];
  });
  return { folder: overrides === undefined ? null : resolvePath(folder, overrides), locales, sources };
}

/** `file://` with a path from the folder of the configuration file, made absolute; other URLs as they are. */
function absoluteFile(url: string, folder: string): string {
  return url.startsWith('file://') ? `file://${resolvePath(folder, url.slice('file://'.length))}` : url;
}
