import { randomUUID } from 'node:crypto';
import { flowInShort, sessionInShort } from './in-short.js';
import type { Print } from './pieces.js';
import { DemoError, startTalk } from './talk.js';
import type { Json, Talk } from './talk.js';

export interface DemoOptions {
  /** Base URLs without a slash at the end. */
  readonly publicUrl: string;
  readonly adminUrl: string;
  /** The inbox of the stack's mail catcher. */
  readonly inboxUrl: string;
  readonly print: Print;
  /**
   * True when the stack is known to end old sessions (`revoke_active_sessions`): then one that lives on is an error.
   * Otherwise the story says what it finds.
   */
  readonly endsOldSessions?: boolean;
  /** Breaks off the story. */
  readonly signal?: AbortSignal;
}

/** What the story leaves behind. */
export interface DemoResult {
  readonly identityId: string;
  readonly email: string;
  /** Ids of the two recovery flows; each is the workflow `recovery/<id>`. */
  readonly inviteFlowId: string;
  readonly recoveryFlowId: string;
  readonly oldSessionEnded: boolean;
}

const FIRST_PASSWORD = 'quiet-lantern-over-water';
const SECOND_PASSWORD = 'nine-copper-kettles-sing';

/**
 * Plays the story on a running stack, over real HTTP and with real mail: an administrator invites a person, who gets in,
 * sets a password and signs in; later they forget it, and get back in with a code from a mail.
 * @throws DemoError at the first step that does not answer as the story has it
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { print, signal, publicUrl, adminUrl } = options;
  const email = `ada.${randomUUID().slice(0, 8)}@example.com`;
  const talk = startTalk({ inboxUrl: options.inboxUrl, print, signal });
  const story: Story = {
    talk,
    print,
    email,
    at: (path) => `${publicUrl}${path}`,
    admin: (path) => `${adminUrl}${path}`,
  };

  const invited = await invite(story);
  await enterInviteCode(story, invited);
  print({ kind: 'chapter', title: 'She signs in with her password' });
  const oldToken = await signIn(story, FIRST_PASSWORD);
  const recovery = await forgetPassword(story, oldToken);
  const oldSessionEnded = await lookAtSessions(story, { oldToken, newToken: recovery.token });
  if (!oldSessionEnded && options.endsOldSessions) {
    throw new DemoError(
      'The old session is still alive, but this stack is configured to end it (revoke_active_sessions).',
    );
  }
  await setSecondPassword(story, recovery);
  return {
    identityId: invited.identityId,
    email,
    inviteFlowId: invited.flowId,
    recoveryFlowId: recovery.flowId,
    oldSessionEnded,
  };
}

interface Story {
  readonly talk: Talk;
  readonly print: Print;
  readonly email: string;
  readonly at: (path: string) => string;
  readonly admin: (path: string) => string;
}

interface Invited {
  readonly identityId: string;
  readonly flowId: string;
  readonly code: string;
}

async function invite({ talk, print, email, admin }: Story): Promise<Invited> {
  print({ kind: 'chapter', title: 'An administrator invites Ada' });
  print({ kind: 'telling', text: 'She gets an account without a password, and a code that is good for twelve hours.' });
  const person = await talk.call('POST', admin('/admin/identities'), {
    body: { schema_id: 'default', traits: { email, name: { first: 'Ada', last: 'Lovelace' } } },
    expect: [201],
    show: ({ id, state, traits }) => ({ id, state, traits }),
  });
  const identityId = person.body['id'] as string;
  const code = await talk.call('POST', admin('/admin/recovery/code'), {
    body: { identity_id: identityId, expires_in: '12h', flow_type: 'api' },
    expect: [201],
  });
  const flowId = new URL(code.body['recovery_link'] as string).searchParams.get('flow') ?? '';
  print({
    kind: 'telling',
    text: `The invite is a Temporal workflow now, \`recovery/${flowId}\`. Its twelve hours are a timer there: no restart loses it.`,
  });
  return { identityId, flowId, code: code.body['recovery_code'] as string };
}

async function enterInviteCode(story: Story, { flowId, code }: Invited): Promise<void> {
  const { talk, print, email } = story;
  print({ kind: 'chapter', title: 'Ada enters the code and chooses a password' });
  print({ kind: 'telling', text: 'The code opens a privileged session: one in which a new password may be set.' });
  const passed = await submitCode(story, flowId, code);
  assertPassed(passed);
  await setPassword(story, passed, FIRST_PASSWORD);
  print({ kind: 'telling', text: 'Ada is told by mail that somebody got into her account, in case it was not her.' });
  await talk.mail(email);
}

/** Signs in and returns the session's token. */
async function signIn(
  { talk, email, at }: Story,
  password: string,
  expect: readonly number[] = [200],
): Promise<string> {
  const flow = await talk.call('GET', at('/self-service/login/api'), { show: flowInShort });
  const answer = await talk.call('POST', at(`/self-service/login?flow=${flow.body['id'] as string}`), {
    body: { method: 'password', identifier: email, password },
    expect,
    show: (body) =>
      'session' in body
        ? { session_token: body['session_token'], session: sessionInShort(body['session'] as Json) }
        : flowInShort(body),
  });
  return (answer.body['session_token'] as string | undefined) ?? '';
}

async function forgetPassword(
  story: Story,
  oldToken: string,
): Promise<{ flowId: string; token: string; passed: Json }> {
  const { talk, print, email, at } = story;
  print({ kind: 'telling', text: 'This session is good for as long as it lasts.' });
  await whoami(story, oldToken, [200]);

  print({ kind: 'chapter', title: 'Months later, she has forgotten it' });
  print({ kind: 'telling', text: 'She asks for a code. The answer is the same for addresses that nobody has.' });
  const begun = await talk.call('GET', at('/self-service/recovery/api'), { show: flowInShort });
  const flowId = begun.body['id'] as string;
  await talk.call('POST', at(`/self-service/recovery?flow=${flowId}`), {
    body: { method: 'code', email },
    show: flowInShort,
  });
  print({ kind: 'telling', text: `The workflow \`recovery/${flowId}\` mails her a code:` });
  const { text } = await talk.mail(email);
  const code = /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0];
  if (code === undefined) throw new DemoError('The mail holds no code of six digits.');

  print({ kind: 'chapter', title: 'She mistypes the code, then gets it right' });
  const mistyped = `${code.slice(0, -1)}${(Number(code.at(-1)) + 1) % 10}`;
  const refused = await submitCode(story, flowId, mistyped);
  if (refused['state'] !== 'sent_email')
    throw new DemoError(`A wrong code led to the state ${String(refused['state'])}.`);
  print({ kind: 'telling', text: 'Nothing is lost: the recovery waits for the right one.' });
  const passed = await submitCode(story, flowId, code);
  assertPassed(passed);
  return { flowId, token: tokenOf(passed), passed };
}

/** Shows the session from before and the one that the code opened. True when the old one has ended. */
async function lookAtSessions(story: Story, tokens: { oldToken: string; newToken: string }): Promise<boolean> {
  const { print } = story;
  print({ kind: 'chapter', title: 'Whoever was signed in before is out' });
  const { status } = await whoami(story, tokens.oldToken, [200, 401]);
  print({
    kind: 'telling',
    text:
      status === 401
        ? 'The old session has ended, wherever it was open. The one that the code opened is alive:'
        : 'The old session is still alive: in the configuration of this stack, `selfservice.flows.recovery.after.hooks` has no `revoke_active_sessions`. The session that the code opened:',
  });
  await whoami(story, tokens.newToken, [200]);
  return status === 401;
}

async function setSecondPassword(story: Story, { passed }: { passed: Json }): Promise<void> {
  const { talk, print, email } = story;
  print({ kind: 'chapter', title: 'A new password' });
  await setPassword(story, passed, SECOND_PASSWORD);
  await talk.mail(email);
  print({ kind: 'telling', text: 'The old password opens nothing any more, the new one does.' });
  await signIn(story, FIRST_PASSWORD, [400]);
  await signIn(story, SECOND_PASSWORD);
}

async function submitCode({ talk, at }: Story, flowId: string, code: string): Promise<Json> {
  const { body } = await talk.call('POST', at(`/self-service/recovery?flow=${flowId}`), {
    body: { method: 'code', code },
    show: flowInShort,
  });
  return body;
}

async function setPassword({ talk, at }: Story, passed: Json, password: string): Promise<void> {
  const next = (passed['continue_with'] as Json[]).find(({ action }) => action === 'show_settings_ui');
  if (next === undefined) throw new DemoError('After the right code, no settings flow was offered (show_settings_ui).');
  await talk.call('POST', at(`/self-service/settings?flow=${String((next['flow'] as Json)['id'])}`), {
    headers: { 'x-session-token': tokenOf(passed) },
    body: { method: 'password', password },
    show: flowInShort,
  });
}

function whoami(
  { talk, at }: Story,
  token: string,
  expect: readonly number[],
): Promise<{ status: number; body: Json }> {
  return talk.call('GET', at('/sessions/whoami'), {
    headers: { 'x-session-token': token },
    expect,
    show: (body) => ('error' in body ? { error: body['error'] as unknown } : sessionInShort(body)),
  });
}

function assertPassed(flow: Json): void {
  if (flow['state'] === 'passed_challenge') return;
  throw new DemoError(`The right code led to the state ${String(flow['state'])}, not to passed_challenge.`);
}

function tokenOf(passed: Json): string {
  const given = (passed['continue_with'] as Json[] | undefined)?.find(
    ({ action }) => action === 'set_ory_session_token',
  );
  if (typeof given?.['ory_session_token'] === 'string') return given['ory_session_token'];
  throw new DemoError('The right code gave no session token (feature_flags.use_continue_with_transitions).');
}
