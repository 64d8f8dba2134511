import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../../context.js';
import { readCookie, setCookie } from '../cookies.js';

/** Holds `<flow id>.<code>` between the click on a mailed link and the form that it fills. */
const COOKIE = 'latchkey_verification';
const TEN_MINUTES_SECONDS = 600;

/** Remembers, in this browser only, the code of a link that was opened here. Nothing is judged or used up. */
export function rememberOpenedCode(ctx: ApiContext, reply: FastifyReply, flowId: string, code: string): void {
  setCookie(ctx, reply, COOKIE, `${flowId}.${code}`, TEN_MINUTES_SECONDS);
}

/** The code that this browser brought along for the flow, or undefined. It may be wrong. */
export function openedCode(request: FastifyRequest, flowId: string): string | undefined {
  const [id, code = ''] = (readCookie(request, COOKIE) ?? '').split('.');
  return id === flowId && isCode(code) ? code : undefined;
}

/** True for what can be a code. */
export function isCode(text: string): boolean {
  return /^[0-9]{1,16}$/.test(text);
}
