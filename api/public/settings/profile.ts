import { getIdentity } from '../../../activities/store/identities.js';
import { replaceIdentity } from '../../../activities/store/identity-replace.js';
import type { Identity } from '../../../activities/store/identity-rows.js';
import type { DerivedAddresses, TraitField } from '../../../platform/identity-schemas.js';
import { inTransaction } from '../../../platform/postgres.js';
import type { JsonObject, JsonValue } from '../../../schemas/json.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import { badRequest } from '../../validation.js';
import { announceToHooks } from './change.js';
import type { SettingsCall } from './submit.js';
import { answerProblem, answerSaved, assertPrivileged } from './answers.js';

/**
 * Changes the person's traits. Those that are login names or addresses are credentials in disguise and need the
 * privileged session (Kratos' rule); an address that stays keeps its proof, a new one has none.
 */
export async function submitProfile(call: SettingsCall): Promise<unknown> {
  const { ctx, opened } = call;
  const { schema_id: schemaId } = opened.identity;
  const traits = traitsOf(
    call.request.body as JsonObject,
    ctx.identitySchemas.fields(schemaId),
    opened.identity.traits,
  );
  const problems = ctx.identitySchemas.problems(schemaId, traits);
  if (problems.length > 0) {
    return answerProblem(
      call,
      problems.map(({ path, text }): StoredMessage => ({
        message: 'malformed',
        context: { reason: `${path}: ${text}` },
        field: path,
      })),
    );
  }
  const derived = ctx.identitySchemas.derive(schemaId, traits);
  if (touchesCredentials(opened.identity, derived)) assertPrivileged(call);
  const recordForHooks = await announceToHooks(call, 'profile');
  await inTransaction(ctx.pool, async (client) => {
    const now = new Date(ctx.now());
    const current = await getIdentity(client, opened.identity.id, { lock: true });
    if (!current) throw new LatchkeyError('unauthorized', { reason: 'This account was deleted.' });
    await replaceIdentity(client, current, { ...current, traits, derived, passwordHash: undefined }, now);
    await recordForHooks(client, now);
  });
  return answerSaved(call);
}

/** The new traits: `traits` of a JSON body, or a form's `traits.name.first` fields laid over the present ones. */
function traitsOf(body: JsonObject, fields: readonly TraitField[], present: JsonValue): JsonObject {
  if (body.traits !== undefined) {
    if (!isObject(body.traits)) throw badRequest('traits: must be an object');
    return body.traits;
  }
  const traits: JsonValue = structuredClone(present);
  if (!isObject(traits)) throw badRequest('traits: are missing');
  for (const field of fields) {
    const given = body[field.name];
    if (typeof given === 'string') put(traits, field.name.split('.').slice(1), formValue(field, given));
  }
  return traits;
}

function formValue(field: TraitField, given: string): JsonValue | undefined {
  if (given === '') return undefined;
  if (field.type === 'checkbox') return given === 'true' || given === 'on';
  if (field.type === 'number' && given.trim() !== '' && Number.isFinite(Number(given))) return Number(given);
  return given;
}

function put(target: JsonObject, path: readonly string[], value: JsonValue | undefined): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    if (value === undefined) delete target[key];
    else target[key] = value;
    return;
  }
  const inner = target[key];
  if (isObject(inner)) put(inner, rest, value);
  else if (value !== undefined) {
    const made: JsonObject = {};
    target[key] = made;
    put(made, rest, value);
  }
}

function touchesCredentials(identity: Identity, derived: DerivedAddresses): boolean {
  const places = (list: readonly { via: string; value: string }[]): string[] =>
    list.map(({ via, value }) => `${via}:${value}`);
  const before = [
    ...(identity.credentials.find(({ type }) => type === 'password')?.identifiers ?? []),
    ...places(identity.verifiable_addresses),
    ...places(identity.recovery_addresses),
  ];
  const after = [...derived.identifiers, ...places(derived.verifiable), ...places(derived.recovery)];
  return before.length !== after.length || after.some((name) => !before.includes(name));
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
