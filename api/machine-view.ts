import type { MachineKey } from '../activities/store/machine-keys.js';
import type { Machine } from '../activities/store/machines.js';
import { MACHINE_SCHEMA_ID } from '../schemas/machines.js';
import type { JsonObject } from '../schemas/json.js';
import { machineKeyState } from '../workflows/domain/machine-key-lifecycle.js';
import type { MachineKeyState } from '../workflows/domain/machine-key-lifecycle.js';

/** A machine as administrators see it. */
export function machineView(machine: Machine): JsonObject {
  return {
    id: machine.id,
    schema_id: MACHINE_SCHEMA_ID,
    name: machine.traits.name ?? null,
    state: machine.state,
    scopes: machine.scopes,
    usable_keys: machine.usable_keys,
    metadata_admin: machine.metadata_admin,
    created_at: machine.created_at.toISOString(),
    updated_at: machine.updated_at.toISOString(),
  };
}

/** A machine's key as administrators see it: never its secret. */
export function machineKeyView(key: MachineKey, now: number): JsonObject {
  return {
    id: key.id,
    machine_id: key.machine_id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    state: stateOf(key, now),
    replaces: key.replaces,
    created_at: key.created_at.toISOString(),
    expires_at: key.expires_at?.toISOString() ?? null,
    revoked_at: key.revoked_at?.toISOString() ?? null,
    last_used_at: key.last_used_at?.toISOString() ?? null,
  };
}

/** What a key is now. */
export function stateOf(key: Pick<MachineKey, 'outcome' | 'expires_at'>, now: number): MachineKeyState {
  return machineKeyState({ outcome: key.outcome, expiresAt: key.expires_at?.getTime() ?? null }, now);
}
