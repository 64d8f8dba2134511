import { inTransaction } from '../platform/postgres.js';
import type { MachineKeyMails, MachineKeySteps } from '../workflows/machine-key-ports.js';
import type { ActivityDeps } from './flow-steps.js';
import { deliver } from './mail/deliver.js';
import type { MailDeps } from './mail/deliver.js';
import { machineKeyReminderMail } from './mail/machine-key-mail.js';
import { withQuietFailures } from './quiet-failures.js';
import { applyKeyEvent, getMachineKey } from './store/machine-keys.js';
import { getMachine } from './store/machines.js';

/** The Postgres steps of the workflow that watches over a key. */
export function createMachineKeySteps(deps: ActivityDeps): MachineKeySteps {
  return withQuietFailures<MachineKeySteps>({
    settleMachineKey: ({ keyId, event }) =>
      inTransaction(deps.pool, async (client) => {
        const key = await getMachineKey(client, keyId, { lock: true });
        // Deleted with its machine.
        if (!key) return 'revoked';
        if (event !== null) await applyKeyEvent(client, key, event, { now: new Date(deps.now()) });
        return key.outcome;
      }),
  });
}

/** The mails about machines' keys. */
export function createMachineKeyMails(deps: MailDeps): MachineKeyMails {
  return withQuietFailures<MachineKeyMails>({
    async sendKeyReminder({ keyId, days }) {
      const recipient = deps.config.adminApi.notifyAddress;
      const key = await getMachineKey(deps.pool, keyId);
      if (recipient === null || !key || key.outcome !== null || key.expires_at === null) return 'skipped';
      const machine = await getMachine(deps.pool, key.machine_id, new Date(deps.now()));
      if (!machine) return 'skipped';
      const { prefix, expires_at: expiresAt } = key;
      const named = { machine: String(machine.traits.name), name: key.name ?? key.id, prefix };
      const result = await deliver(deps, {
        flowId: keyId,
        identityId: machine.id,
        template: 'machine_key_expiring',
        issue: days,
        recipient,
        render: () => {
          const leftMs = expiresAt.getTime() - deps.now();
          return machineKeyReminderMail({ ...named, machineId: machine.id, keyId, leftMs, expiresAt });
        },
        values: { Machine: named.machine, Key: named.name, Prefix: prefix, ExpiresAt: expiresAt.toISOString() },
      });
      return result === 'sent' ? 'sent' : 'skipped';
    },
  });
}
