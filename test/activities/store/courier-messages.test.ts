import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listDispatches } from '../../../activities/store/courier-list.js';
import {
  abandonWaitingMessages,
  beginMessage,
  giveUpMessages,
  recordTry,
} from '../../../activities/store/courier-messages.js';
import type { TemplateType } from '../../../activities/store/courier-messages.js';
import { freshDatabase } from '../../support/postgres.js';
import type { FreshDatabase } from '../../support/postgres.js';

let db: FreshDatabase;
beforeAll(async () => void (db = await freshDatabase()));
afterAll(() => db.drop());

const now = new Date();
const begin = (flowId: string, template: TemplateType, recipient = 'ada@example.test') =>
  beginMessage(db.pool, { dedupKey: `${flowId}|${template}`, flowId, identityId: null, template, recipient, now });
const statusOf = async (flowId: string, template: TemplateType) => (await begin(flowId, template)).status;

describe('a message', () => {
  it('is one row, however often it is begun, and goes from try to try', async () => {
    const flowId = randomUUID();
    const first = await begin(flowId, 'recovery_code_valid');
    expect(first).toMatchObject({ status: 'processing', channel: 'email', send_count: 0 });
    await recordTry(db.pool, first.id, 'queued', '451', now);
    const second = await begin(flowId, 'recovery_code_valid');
    expect(second).toMatchObject({ id: first.id, status: 'processing', send_count: 1 });
    await recordTry(db.pool, first.id, 'sent', null, now);
    expect(await begin(flowId, 'recovery_code_valid')).toMatchObject({ id: first.id, status: 'sent', send_count: 2 });
    const tries = await listDispatches(db.pool, first.id);
    expect(tries.map(({ status, reply }) => [status, reply]).sort()).toEqual([
      ['failed', '451'],
      ['success', null],
    ]);
  });

  it('goes by the channel of its address', async () => {
    expect(await begin(randomUUID(), 'recovery_code_valid', '+4930123456')).toMatchObject({ channel: 'sms' });
  });

  it('that waits is abandoned with its flow, unless it is a notice', async () => {
    const flowId = randomUUID();
    const sent = await begin(flowId, 'recovery_valid');
    await recordTry(db.pool, sent.id, 'sent', null, now);
    await begin(flowId, 'recovery_code_valid');
    await begin(flowId, 'recovery_notice');
    await abandonWaitingMessages(db.pool, flowId);
    expect(await statusOf(flowId, 'recovery_code_valid')).toBe('abandoned');
    expect(await statusOf(flowId, 'recovery_notice')).toBe('processing');
    expect(await statusOf(flowId, 'recovery_valid')).toBe('sent');
    await giveUpMessages(db.pool, flowId);
    expect(await statusOf(flowId, 'recovery_notice')).toBe('abandoned');
    expect(await statusOf(flowId, 'recovery_valid')).toBe('sent');
  });
});
