import { appendFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What a test run leaves for the look afterwards: every workflow's history, every log, a dump of every database, and
 * the list of what must not be in them. `npm test` keeps them under `test/.leftovers`; a run of single files puts them
 * into a temporary folder of its own.
 */
export const LEFTOVERS = process.env.LATCHKEY_TEST_LEFTOVERS ?? join(tmpdir(), `latchkey-leftovers-${process.ppid}`);

/** Where each kind of leftover is. */
export const leftover = {
  secrets: join(LEFTOVERS, 'secrets.jsonl'),
  workflows: join(LEFTOVERS, 'workflows.jsonl'),
  histories: join(LEFTOVERS, 'histories'),
  logs: join(LEFTOVERS, 'logs'),
  dumps: join(LEFTOVERS, 'dumps'),
  bundle: join(LEFTOVERS, 'workflow-bundle.js'),
} as const;

/** Kinds of secrets. Addresses may be in the database, the others nowhere. */
export type SecretKind = 'code' | 'token' | 'password' | 'address';

const noted = new Set<string>();

/** Too short or too plain to be told from ordinary text: a wrong code like `wrong`, a password like `short`. */
const TOO_PLAIN: Record<SecretKind, RegExp> = {
  code: /^(?!\d{6}$).{0,7}$/,
  password: /^.{0,7}$/,
  token: /^.{0,15}$/,
  address: /^(?!.{3,}@.{3,}$)/,
};

/** Notes something that must not turn up in Temporal or in logs. */
export function noteSecret(kind: SecretKind, value: string): void {
  if (TOO_PLAIN[kind].test(value) || noted.has(value)) return;
  noted.add(value);
  append(leftover.secrets, { kind, value });
}

/** Notes a workflow, so that its history is fetched at the end. */
export function noteWorkflow(address: string, namespace: string, workflowId: string): void {
  append(leftover.workflows, { address, namespace, workflowId });
}

function append(file: string, line: unknown): void {
  mkdirSync(LEFTOVERS, { recursive: true });
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}
