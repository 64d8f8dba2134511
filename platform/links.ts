import type { Config } from './config/config.js';

/** The link that carries a token. Built from the configured base URL only, never from a request. */
export function recoveryTokenLink(config: Config, flowId: string, token: string): string {
  const url = new URL('self-service/recovery', config.selfservice.methods.link.baseUrl);
  url.searchParams.set('flow', flowId);
  url.searchParams.set('token', token);
  return url.href;
}

/** Where a recovery's form is sent. */
export function recoveryActionUrl(config: Config, flowId: string): string {
  const url = new URL('self-service/recovery', config.serve.public.baseUrl);
  url.searchParams.set('flow', flowId);
  return url.href;
}

/** The page on which a flow goes on. */
export function flowPage(uiUrl: string, flowId: string): string {
  const url = new URL(uiUrl);
  url.searchParams.set('flow', flowId);
  return url.href;
}
