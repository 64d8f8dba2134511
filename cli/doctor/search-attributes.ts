import { Connection } from '@temporalio/client';
import type { Config } from '../../platform/config/config.js';
import { missingSearchAttributes } from '../../platform/search-attributes.js';
import { temporalConnectionOptions } from '../../platform/temporal.js';
import { failed, ok } from './check.js';
import type { Check } from './check.js';

const TIMEOUT_MS = 5_000;
const NAME = 'Search attributes';

/** Looks whether Temporal knows the service's search attributes: without them starts are refused. */
export async function checkSearchAttributes(temporal: Config['temporal']): Promise<Check> {
  const { address, namespace } = temporal;
  const connection = Connection.lazy(temporalConnectionOptions(temporal));
  try {
    const missing = await connection.withDeadline(Date.now() + TIMEOUT_MS, () =>
      missingSearchAttributes(connection.operatorService as never, namespace),
    );
    if (missing.length === 0) return ok(NAME, `Temporal at ${address} has all of them in "${namespace}"`);
    const commands = missing.map(
      ({ name, type }) =>
        `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${typeInWords(type)}`,
    );
    return failed(
      NAME,
      `"${namespace}" lacks ${missing.map(({ name }) => name).join(', ')}`,
      `API and worker register them when they start, if Temporal lets them; otherwise: ${commands.join('; ')}`,
    );
  } catch (error) {
    const why = (error as { details?: string }).details || (error as Error).message;
    return failed(
      NAME,
      `Temporal at ${address} does not answer (${why})`,
      'Look whether Temporal runs, and at temporal.address and temporal.namespace.',
    );
  } finally {
    await connection.close();
  }
}

function typeInWords(type: string): string {
  return type === 'DATETIME' ? 'Datetime' : 'Keyword';
}
