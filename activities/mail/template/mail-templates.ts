import type { Config, TemplatePart } from '../../../platform/config/config.js';
import type { RenderedMail } from '../templates.js';
import { addressOf, readTemplate, TEMPLATE_PARTS } from './sources.js';
import { compileTemplate } from './template.js';
import type { Template } from './template.js';

/** What a template can name: Kratos' names, as Kratos spells them. */
export type TemplateValues = Readonly<Record<string, unknown>>;

/** The operator's templates, as they were when the worker started. */
export interface MailTemplates {
  /** True when a message of this type has any. */
  has(template: string): boolean;
  /** The e-mail with every part replaced that has a template, in the nearest language to `locale`. */
  email(template: string, builtIn: RenderedMail, values: TemplateValues, locale: string | null): RenderedMail;
  /** The text message likewise. */
  sms(template: string, builtIn: string, values: TemplateValues, locale: string | null): string;
}

/** Hears of templates that cannot be used. */
export type TemplateWarning = (about: { template: string; part: string; problem: string }) => void;

/**
 * Reads all templates of the configuration for messages of the given types. One that cannot be read or used is told to
 * `warn`, and the built-in one takes its place: a message is never lost over its looks. Takes some seconds at most.
 */
export async function loadMailTemplates(
  config: Config['courier']['templates'],
  templates: readonly string[],
  warn: TemplateWarning,
): Promise<MailTemplates> {
  const found = new Map<string, Template>();
  const load = async (template: string, part: TemplatePart, locale: string | null): Promise<void> => {
    const address = addressOf(config, template, part, locale);
    if (!address) return;
    const name = locale === null ? part : `${part} (${locale})`;
    try {
      const source = await readTemplate(address.url);
      if (source !== undefined) found.set(key(template, part, locale), compiled(source, part));
      else if (address.asked) warn({ template, part: name, problem: 'there is none at its address' });
    } catch (error) {
      warn({ template, part: name, problem: (error as Error).message });
    }
  };
  const locales = [null, ...config.locales];
  await Promise.all(
    templates.flatMap((template) =>
      TEMPLATE_PARTS.flatMap((part) => locales.map((locale) => load(template, part, locale))),
    ),
  );
  return mailTemplates(found, warn);
}

function compiled(source: string, part: TemplatePart): Template {
  const template = compileTemplate(source, part === 'email.body.html' ? 'html' : 'text');
  if (part !== 'email.subject') return template;
  // One line, whatever a value holds: a header ends with its line.
  return (values) =>
    template(values)
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim();
}

function mailTemplates(found: ReadonlyMap<string, Template>, warn: TemplateWarning): MailTemplates {
  const filled = (
    template: string,
    part: TemplatePart,
    builtIn: string,
    values: TemplateValues,
    locale: string | null,
  ): string => {
    const nearest = localesFor(locale).find((candidate) => found.has(key(template, part, candidate)));
    const chosen = nearest === undefined ? undefined : found.get(key(template, part, nearest));
    if (!chosen) return builtIn;
    try {
      return chosen(values);
    } catch (error) {
      warn({ template, part, problem: (error as Error).name });
      return builtIn;
    }
  };
  const types = new Set([...found.keys()].map((name) => name.split('|')[0]));
  return {
    has: (template) => types.has(template),
    email: (template, builtIn, values, locale) => ({
      subject: filled(template, 'email.subject', builtIn.subject, values, locale),
      text: filled(template, 'email.body.plaintext', builtIn.text, values, locale),
      html: filled(template, 'email.body.html', builtIn.html, values, locale),
    }),
    sms: (template, builtIn, values, locale) => filled(template, 'sms.body.plaintext', builtIn, values, locale),
  };
}

/** The languages to try, from the nearest: `de-AT`, `de`, none. */
function localesFor(locale: string | null): (string | null)[] {
  if (locale === null) return [null];
  const parts = locale.split('-');
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join('-')), null];
}

function key(template: string, part: TemplatePart, locale: string | null): string {
  return `${template}|${part}|${locale?.toLowerCase() ?? ''}`;
}
