import type { JsonObject } from '../schemas/json.js';
import type { TemplateValues } from './mail/template/mail-templates.js';
import type { Identity } from './store/identity-rows.js';
import type { Invite } from './store/invites.js';
import type { RecoveryFlow } from './store/recovery-flows.js';
import type { SettingsChange } from './store/settings-changes.js';

/** What a web hook tells of. */
export type HookStory =
  | { kind: 'recovery'; flow: RecoveryFlow }
  | { kind: 'settings'; change: SettingsChange }
  | { kind: 'invite'; invite: Invite };

/**
 * The body of a web hook, and what a configured body can name in its place. `identity` is the person as they are when
 * it is sent; absent when the account is gone.
 */
export function hookPayload(
  id: string,
  story: HookStory,
  identity: Identity | undefined,
): { payload: JsonObject; values: TemplateValues } {
  const facts = factsOf(story);
  const person = identity ? personView(identity) : null;
  const payload = { id, event: story.kind, ...facts, identity: person };
  const values = {
    ID: id,
    Event: story.kind,
    FlowID: facts.flow_id,
    IdentityID: facts.identity_id,
    Outcome: facts.outcome,
    Method: facts.method,
    OccurredAt: facts.occurred_at,
    Identity: person ?? {},
  };
  return { payload, values };
}

function factsOf(story: HookStory) {
  switch (story.kind) {
    case 'recovery':
      return factsOfRecovery(story.flow);
    case 'settings':
      return factsOfChange(story.change);
    case 'invite':
      return factsOfInvite(story.invite);
  }
}

function factsOfRecovery(flow: RecoveryFlow) {
  const { id, outcome, method, identity_id, type, origin, issued_at, passed_at, closed_at } = flow;
  return {
    flow_id: id,
    identity_id,
    outcome,
    method,
    occurred_at: timeOf(closed_at),
    flow: {
      id,
      type,
      origin,
      issued_at: timeOf(issued_at),
      passed_at: timeOf(passed_at),
      closed_at: timeOf(closed_at),
    },
  };
}

function factsOfChange({ settings_flow_id, identity_id, method, happened_at }: SettingsChange) {
  return {
    flow_id: settings_flow_id,
    identity_id,
    outcome: 'changed',
    method,
    occurred_at: timeOf(happened_at),
    flow: { id: settings_flow_id },
  };
}

function factsOfInvite(invite: Invite) {
  const { id, flow_id, identity_id, status, method, steps, delivery, created_by, created_at, metadata_public } = invite;
  return {
    flow_id,
    identity_id,
    outcome: status,
    method,
    occurred_at: steps.at(-1)?.at ?? timeOf(invite.updated_at),
    invite: {
      id,
      delivery,
      created_by,
      created_at: timeOf(created_at),
      expires_at: timeOf(invite.expires_at),
      steps: steps.map(({ status: reached, at }) => ({ status: reached, at })),
      metadata_public,
    },
  };
}

function timeOf(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}

/** As administrators see the person, without credentials. */
function personView(identity: Identity): JsonObject {
  return {
    id: identity.id,
    external_id: identity.external_id,
    schema_id: identity.schema_id,
    state: identity.state,
    traits: identity.traits,
    metadata_public: identity.metadata_public,
    metadata_admin: identity.metadata_admin,
    verifiable_addresses: identity.verifiable_addresses.map(({ value, via, verified, status }) => ({
      value,
      via,
      verified,
      status,
    })),
    recovery_addresses: identity.recovery_addresses.map(({ value, via }) => ({ value, via })),
    created_at: identity.created_at.toISOString(),
    updated_at: identity.updated_at.toISOString(),
  };
}
