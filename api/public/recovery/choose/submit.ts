import type { Static } from '@sinclair/typebox';
import { setAddressStep } from '../../../../activities/store/address-steps.js';
import type { AddressStep } from '../../../../activities/store/address-steps.js';
import { takeAddress } from '../../../../activities/store/challenge-flows.js';
import { findRecoveryAddress } from '../../../../activities/store/recovery-addresses.js';
import { recoveryStore } from '../../../../activities/store/recovery-flows.js';
import { normalizeAddress, viaOf } from '../../../../platform/addresses.js';
import { inTransaction } from '../../../../platform/postgres.js';
import type { StoredMessage } from '../../../../schemas/messages.js';
import type { SubmitRecoveryBody } from '../../../../schemas/recovery.js';
import { typedAddress } from '../../../typed-address.js';
import { answerDone, answerFlow } from '../answers.js';
import { ensureStarted } from '../start-workflow.js';
import { submitCode } from '../submit-code.js';
import type { RecoveryCall } from '../submit.js';
import { masked, wayToken, waysFor } from './ways.js';

type Body = Static<typeof SubmitRecoveryBody>;

/**
 * A submission to the newer recovery (`feature_flags.choose_recovery_address`): an address of the account, the way that
 * the code is to go, that address in full, the code, or a step back. Every answer before the code follows from what was
 * typed and from the configuration alone.
 */
export async function submitChoice(call: RecoveryCall, body: Body): Promise<unknown> {
  const { ctx, flow } = call;
  const given = body.recovery_address ?? '';
  if (filled(body.code) && flow.state !== 'choose_method') return submitCode(call, body.code ?? '');
  if (flow.state === 'passed_challenge') return answerDone(call);
  if (body.screen === 'previous') return goBack(call);

  const address = typedAddress(ctx, 'recovery', given);
  const isNew = flow.first_address === null || (address !== undefined && address !== flow.first_address);
  if (flow.address_step === 'awaiting_address' || isNew) {
    if (given === '') return answerFlow(call, 400, [missing('recovery_address')]);
    if (address === undefined) return refuseAddress(call, 'recovery_address', given);
    if (isNew || !filled(body.recovery_select_address)) return nameAddress(call, address);
  }
  if (filled(body.recovery_select_address)) return chooseWay(call, body.recovery_select_address ?? '');
  if (filled(body.recovery_confirm_address)) return confirmAddress(call, body.recovery_confirm_address ?? '');
  return answerFlow(call, 400, [missing(wantedField(flow.address_step))]);
}

/** The account is named; the only way there is, is taken. */
async function nameAddress(call: RecoveryCall, address: string): Promise<unknown> {
  if (waysFor(call.ctx, address).length === 1) return sendTo(call, address, address);
  return moveTo(call, 'choosing_address', address);
}

async function chooseWay(call: RecoveryCall, token: string): Promise<unknown> {
  const { ctx, flow } = call;
  const first = flow.first_address ?? '';
  const way = waysFor(ctx, first).find((candidate) => wayToken(ctx, flow, candidate) === token);
  if (way === undefined) return answerFlow(call, 400, [missing('recovery_select_address')]);
  if (way === 'given') return sendTo(call, first, first);
  return moveTo(call, way === 'email' ? 'confirming_email' : 'confirming_sms', first);
}

/** Also the button that sends another code, which carries the address. */
async function confirmAddress(call: RecoveryCall, typed: string): Promise<unknown> {
  const { flow } = call;
  const via = { confirming_email: 'email', confirming_sms: 'sms' } as const;
  const wanted =
    flow.address_step === 'confirming_email' || flow.address_step === 'confirming_sms' ? via[flow.address_step] : null;
  const address = wanted === null ? typedAddress(call.ctx, 'recovery', typed) : normalizeAddress(wanted, typed);
  if (address === undefined) return refuseAddress(call, 'recovery_confirm_address', typed);
  return sendTo(call, flow.first_address ?? '', address);
}

/**
 * Sends a code to `address` if it belongs to the same account as the address that was named first. Both are looked up
 * in any case, and any other pair is answered in the same way: its message has no recipient.
 */
async function sendTo(call: RecoveryCall, first: string, address: string): Promise<unknown> {
  const { ctx, flow } = call;
  const taken = await inTransaction(ctx.pool, async (client) => {
    const [named, receiving] = [
      await findRecoveryAddress(client, viaOf(first), first),
      await findRecoveryAddress(client, viaOf(address), address),
    ];
    const same = named !== undefined && named.identity_id === receiving?.identity_id;
    const row = await takeAddress(client, recoveryStore, {
      flowId: flow.id,
      address,
      ownerId: same ? named.identity_id : null,
      says: () => ({ message: 'recovery_code_sent', context: { masked_address: masked(address) } }),
      now: new Date(ctx.now()),
    });
    if (row) await setAddressStep(client, row.id, { step: 'done', firstAddress: first });
    return row;
  });
  if (!taken) return answerFlow(call, 400);
  if (!(await ensureStarted(ctx, taken))) await ctx.workflows.resend(taken.id);
  return answerFlow(call, 200);
}

/** Back to the choice, or, where there is none, to the beginning. A code that was sent stays good. */
async function goBack(call: RecoveryCall): Promise<unknown> {
  const { ctx, flow } = call;
  const first = flow.first_address;
  const hasChoice = first !== null && waysFor(ctx, first).length > 1;
  if (hasChoice && flow.address_step !== 'choosing_address') return moveTo(call, 'choosing_address', first);
  return moveTo(call, 'awaiting_address', null);
}

async function moveTo(call: RecoveryCall, step: AddressStep, firstAddress: string | null): Promise<unknown> {
  const says: Partial<Record<AddressStep, StoredMessage>> = {
    choosing_address: { message: 'recovery_choose_address' },
    confirming_email: { message: 'recovery_confirm_address' },
    confirming_sms: { message: 'recovery_confirm_address' },
  };
  const message = says[step];
  const moved = await setAddressStep(call.ctx.pool, call.flow.id, {
    step,
    firstAddress,
    messages: message ? [message] : [],
  });
  return answerFlow(call, moved ? 200 : 400);
}

function wantedField(step: AddressStep | null): string {
  if (step === 'choosing_address') return 'recovery_select_address';
  return step === 'done' ? 'code' : 'recovery_confirm_address';
}

function refuseAddress(call: RecoveryCall, field: string, value: string): Promise<unknown> {
  return answerFlow(call, 400, [{ message: 'not_an_address', context: { value }, field }]);
}

function missing(field: string): StoredMessage {
  return { message: 'missing', context: { property: field }, field };
}

function filled(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
