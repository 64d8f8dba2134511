import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config, TemplatePart } from '../../../platform/config/config.js';

/** A remote template that has not come by then is not waited for. */
const FETCH_TIMEOUT_MS = 5_000;
const MAX_BYTES = 262_144;

const FILES: Record<TemplatePart, string> = {
  'email.subject': 'email.subject.gotmpl',
  'email.body.html': 'email.body.gotmpl',
  'email.body.plaintext': 'email.body.plaintext.gotmpl',
  'sms.body.plaintext': 'sms.body.gotmpl',
};

/** All parts that can have a template. */
export const TEMPLATE_PARTS = Object.keys(FILES) as TemplatePart[];

/** Where a template may be. */
export interface TemplateAddress {
  /** `file://` with an absolute path, `base64://`, `http://` or `https://`. */
  url: string;
  /** False: it may be missing. */
  asked: boolean;
}

/**
 * Where the template of one part of one message may be, for people of `locale` (null: for all). The addresses that the
 * configuration names go before the folder, as in Kratos.
 */
export function addressOf(
  config: Config['courier']['templates'],
  template: string,
  part: TemplatePart,
  locale: string | null,
): TemplateAddress | undefined {
  const named = config.sources.find((source) => source.template === template && source.part === part);
  if (named) {
    if (locale === null) return { url: named.url, asked: true };
    const url = named.url.startsWith('base64://') ? undefined : withLocale(named.url, locale);
    return url === undefined ? undefined : { url, asked: false };
  }
  if (config.folder === null) return undefined;
  const path = `file://${join(config.folder, folderOf(template), FILES[part])}`;
  return { url: locale === null ? path : withLocale(path, locale), asked: false };
}

/** Kratos' folders: `recovery_code/valid` for `recovery_code_valid`; the messages that Kratos lacks have one each. */
function folderOf(template: string): string {
  return template.replace(/_(valid|invalid)$/, '/$1');
}

/** `…/subject.gotmpl` for German: `…/subject.de.gotmpl`. */
function withLocale(address: string, locale: string): string {
  if (address.startsWith('file://')) return address.replace(/(\.[^./]*)?$/, `.${locale}$1`);
  const url = new URL(address);
  url.pathname = url.pathname.replace(/(\.[^./]*)?$/, `.${locale}$1`);
  return url.href;
}

/**
 * The text at an address; undefined when there is none. @throws Error with words for the operator when it cannot be had
 */
export async function readTemplate(url: string): Promise<string | undefined> {
  if (url.startsWith('base64://')) return Buffer.from(url.slice('base64://'.length), 'base64').toString('utf8');
  return url.startsWith('file://') ? readTemplateFile(url.slice('file://'.length)) : fetchTemplate(url);
}

async function readTemplateFile(path: string): Promise<string | undefined> {
  let file;
  try {
    file = await open(path);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0);
    if (bytesRead > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw code === undefined ? error : new Error(`it cannot be read (${code})`, { cause: error });
  } finally {
    await file?.close();
  }
}

async function fetchTemplate(url: string): Promise<string | undefined> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), headers: { accept: 'text/*, */*' } });
    if (response.status === 404 || response.status === 410) return undefined;
    if (!response.ok) throw new Error(`its server answers ${response.status}`);
    return await limited(response);
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: { code?: string } };
    if (name === 'TimeoutError') throw new Error('it did not come in time', { cause: error });
    if (name === 'TypeError')
      throw new Error(`its server cannot be reached (${cause?.code ?? message})`, { cause: error });
    throw error;
  }
}

async function limited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}
