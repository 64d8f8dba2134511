import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.js';

const { INDEXED_VALUE_TYPE_KEYWORD, INDEXED_VALUE_TYPE_DATETIME } = proto.temporal.api.enums.v1.IndexedValueType;

/** What registering needs: the operator service of a client's or a native connection. */
export interface OperatorService {
  listSearchAttributes(request: { namespace: string }): Promise<{ customAttributes?: Record<string, unknown> | null }>;
  addSearchAttributes(request: { namespace: string; searchAttributes: Record<string, number> }): Promise<unknown>;
}

/**
 * Registers the search attributes that are missing in the namespace. Safe to run at every start and from several
 * processes at once.
 */
export async function registerSearchAttributes(operator: OperatorService, namespace: string): Promise<void> {
  await addSearchAttributes(operator, namespace, await missingSearchAttributes(operator, namespace));
}

/** The service's search attributes that the namespace has not got. */
export async function missingSearchAttributes(
  operator: Pick<OperatorService, 'listSearchAttributes'>,
  namespace: string,
): Promise<{ name: string; type: string }[]> {
  const { customAttributes } = await operator.listSearchAttributes({ namespace });
  const known = customAttributes ?? {};
  return Object.values(SEARCH_ATTRIBUTES).filter(({ name }) => !(name in known));
}

/** Adds search attributes; one that exists already is no error. */
export async function addSearchAttributes(
  operator: Pick<OperatorService, 'addSearchAttributes'>,
  namespace: string,
  attributes: readonly { name: string; type: string }[],
): Promise<void> {
  if (attributes.length === 0) return;
  const searchAttributes = Object.fromEntries(
    attributes.map(({ name, type }) => [
      name,
      type === 'DATETIME' ? INDEXED_VALUE_TYPE_DATETIME : INDEXED_VALUE_TYPE_KEYWORD,
    ]),
  );
  try {
    await operator.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    // Another process was faster.
    if (!/already exists/i.test((error as Error).message)) throw error;
  }
}
