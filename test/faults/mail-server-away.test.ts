import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CaughtMail, MailReaction, MailStage } from '../../stack/mail-catcher.js';
import type { FaultyHarness } from '../support/faulty-harness.js';
import { startFaultyHarness } from '../support/faulty-harness.js';
import { patiently } from '../support/patience.js';
import type { Person } from '../support/story.js';
import { adminCode, askForCode, createPerson, flowRow, opened, submitCode } from '../support/story.js';

/** What the mail server does to one person's mails: the reactions in their order, then it takes them. */
const plans = new Map<string, { stage: MailStage['stage']; reactions: MailReaction[] }>();

let harness: FaultyHarness;
beforeAll(async () => {
  harness = await startFaultyHarness();
  harness.mail.setBehaviour(({ stage, to }) => {
    const plan = plans.get(to[0] ?? '');
    return (plan?.stage === stage && plan.reactions.shift()) || 'accept';
  });
});
afterAll(() => harness.stop());

/** Asks for a code while the server reacts like that to this person's mail. */
async function asked(
  stage: MailStage['stage'],
  reactions: MailReaction[],
): Promise<{ person: Person; flowId: string }> {
  const person = await createPerson(harness);
  plans.set(person.email, { stage, reactions });
  return { person, flowId: await askForCode(harness, person.email) };
}

const submit = (flowId: string, code: string) => patiently(() => submitCode(harness, flowId, code));

function mailsTo({ email }: Person): CaughtMail[] {
  return harness.mail.messages().filter((mail) => mail.to.includes(email));
}

function codeIn(mail: CaughtMail | undefined): string {
  return /(?<!\d)\d{6}(?!\d)/.exec(mail?.text ?? '')?.[0] ?? '';
}

/** The row of the flow's only mail. */
async function message(flowId: string): Promise<{ status: string; send_count: number; smtp_reply: string | null }> {
  const { rows } = await harness.pool.query('SELECT * FROM courier_messages WHERE flow_id = $1', [flowId]);
  if (rows.length > 1) throw new Error(`${rows.length} messages for one code`);
  return (rows[0] ?? { status: 'none', send_count: 0, smtp_reply: null }) as Awaited<ReturnType<typeof message>>;
}

const statusOf = (flowId: string) => async () => (await message(flowId)).status;
const PATIENCE = { timeout: 25_000, interval: 200 };

describe.concurrent('a mail', () => {
  const later: [string, MailStage['stage'], MailReaction[]][] = [
    [
      'turned down for now at RCPT',
      'rcpt',
      [
        { code: 450, text: 'busy' },
        { code: 421, text: 'closing' },
      ],
    ],
    ['turned down for now after DATA', 'data', [{ code: 451, text: 'try later' }]],
    ['whose connection breaks at RCPT', 'rcpt', ['drop']],
    ['whose connection breaks after DATA', 'data', ['drop']],
    ['that gets no answer', 'rcpt', ['stall']],
  ];
  it.for(later)('%s goes out later', async ([, stage, reactions], { expect }) => {
    const { person, flowId } = await asked(stage, [...reactions]);
    await expect.poll(statusOf(flowId), PATIENCE).toBe('sent');
    expect((await message(flowId)).send_count).toBe(reactions.length + 1);
    const [mail, ...others] = mailsTo(person);
    expect(others).toEqual([]);
    opened(await submit(flowId, codeIn(mail)));
  });

  it('kept by a server whose 250 is lost comes twice, and is one message to a mail reader', async ({ expect }) => {
    const { person, flowId } = await asked('data', ['keep-then-drop']);
    await expect.poll(statusOf(flowId), PATIENCE).toBe('sent');
    const [first, second, ...others] = mailsTo(person);
    expect(others).toEqual([]);
    expect(second?.messageId).toMatch(/^<.+@.+>$/);
    expect(second?.messageId).toBe(first?.messageId);
    expect(codeIn(second)).toBe(codeIn(first));
    opened(await submit(flowId, codeIn(second)));
  });

  const refused: [MailStage['stage'], number][] = [
    ['rcpt', 550],
    ['data', 554],
  ];
  it.for(refused)('refused for good (%s, %i) is not tried again', async ([stage, code], { expect }) => {
    const { person, flowId } = await asked(stage, [{ code, text: 'no such mailbox' }]);
    // The history knows of a failure only when there is to be no other try.
    await expect.poll(() => finalFailures(flowId), PATIENCE).toEqual([NON_RETRYABLE]);
    expect(await message(flowId)).toMatchObject({ status: 'abandoned', send_count: 1, smtp_reply: String(code) });
    expect(mailsTo(person)).toEqual([]);
    expect((await flowRow(harness, flowId)).outcome).toBeNull();
  });
});

const NON_RETRYABLE = proto.temporal.api.enums.v1.RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE;

async function finalFailures(flowId: string): Promise<unknown[]> {
  const { events } = await harness.workflows.handle(flowId).fetchHistory();
  return (events ?? []).flatMap(({ activityTaskFailedEventAttributes: failed }) => (failed ? [failed.retryState] : []));
}

describe('while the mail server', () => {
  it.each([
    ['refuses connections', 'refuse'],
    ['takes them and says nothing', 'stall'],
  ] as const)('%s, codes are asked for and submitted all the same, and mail comes once it is back', async (_, how) => {
    const invited = await adminCode(harness, await createPerson(harness));
    await harness.smtp[how]();
    const waiting = [await asked('rcpt', []), await asked('rcpt', [])];
    opened(await submit(invited.flowId, invited.code));
    expect((await harness.admin('GET', '/health/ready')).status).toBe(200);
    for (const { flowId } of waiting) {
      await expect.poll(async () => ['queued', 'processing'].includes(await statusOf(flowId)()), PATIENCE).toBe(true);
    }
    await harness.smtp.resume();
    for (const { person, flowId } of waiting) {
      await expect.poll(statusOf(flowId), PATIENCE).toBe('sent');
      opened(await submit(flowId, codeIn(mailsTo(person).at(-1))));
    }
  });
});
