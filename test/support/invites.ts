import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { CaughtMail } from '../../stack/mail-catcher.js';
import type { Harness } from './harness.js';
import type { Answer } from './http.js';
import { noteSecret } from './leftovers.js';

/** An address for tests, unlike any other. */
export function newAddress(): string {
  const email = `invitee-${randomUUID().slice(0, 13)}@example.test`;
  noteSecret('address', email);
  return email;
}

/** Asks for an invite of a new person, for an app unless said otherwise. */
export function postInvite(
  harness: Harness,
  body: Record<string, unknown> = {},
  headers?: Record<string, string>,
): Promise<Answer> {
  return harness.admin('POST', '/admin/invites', { body: { flow_type: 'api', ...body }, headers });
}

/** An invite of a new person. */
export async function invite(
  harness: Harness,
  body: Record<string, unknown> = {},
): Promise<{ id: string; flowId: string; identityId: string; email: string; json: any }> {
  const email = newAddress();
  const answer = await postInvite(harness, { traits: { email }, ...body });
  expect(answer.status, answer.text).toBe(201);
  const { id, flow_id: flowId, identity_id: identityId } = answer.json as Record<string, string>;
  return { id: id ?? '', flowId: flowId ?? '', identityId: identityId ?? '', email, json: answer.json };
}

/** The invite as administrators see it. */
export async function inviteOf(harness: Harness, id: string): Promise<any> {
  const answer = await harness.admin('GET', `/admin/invites/${id}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.json;
}

/** The statuses that an invite went through. */
export async function stepsOf(harness: Harness, id: string): Promise<string[]> {
  const { steps } = await inviteOf(harness, id);
  return (steps as { status: string }[]).map(({ status }) => status);
}

/** All mails to an address, oldest first. */
export function mailsTo(harness: Harness, email: string): CaughtMail[] {
  return harness.mail
    .messages()
    .filter((mail) => mail.to.includes(email))
    .sort((a, b) => Number(a.receivedAt) - Number(b.receivedAt));
}

/** Waits for the `nth` mail (1 is the first) to an address. */
export async function nthMail(harness: Harness, email: string, nth: number): Promise<CaughtMail> {
  await expect.poll(() => mailsTo(harness, email).length, { timeout: 15_000 }).toBeGreaterThanOrEqual(nth);
  const mail = mailsTo(harness, email)[nth - 1];
  if (!mail) throw new Error('no such mail');
  return mail;
}

/** The flow that the link of a mail leads to, and its code. */
export function partsOf(mail: CaughtMail): { flowId: string; code: string; link: URL } {
  const link = new URL(/https?:\S+/.exec(mail.text)?.[0] ?? '');
  const token = link.searchParams.get('token');
  if (token !== null) noteSecret('token', token);
  return { link, flowId: link.searchParams.get('flow') ?? '', code: /^\d{6}$/m.exec(mail.text)?.[0] ?? '' };
}

/** Waits until an invite's workflow has ended; its outcome. */
export function outcomeOfInvite(harness: Harness, id: string): Promise<unknown> {
  return harness.workflows.handle(id, 'invite').result();
}
