import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { leftover } from './leftovers.js';

const GRPC_NOT_FOUND = 5;

interface NotedWorkflow {
  address: string;
  namespace: string;
  workflowId: string;
}

/**
 * Saves the full history of every noted workflow of the server at `address`. Call it before that server stops. Returns
 * how many were saved.
 */
export async function saveHistories(address: string): Promise<number> {
  if (!existsSync(leftover.workflows)) return 0;
  const lines = (await readFile(leftover.workflows, 'utf8')).trim().split('\n');
  const noted = new Map(
    lines
      .map((line) => JSON.parse(line) as NotedWorkflow)
      .filter((entry) => entry.address === address)
      .map((entry) => [`${entry.namespace}/${entry.workflowId}`, entry]),
  );
  await mkdir(leftover.histories, { recursive: true });
  const connection = await Connection.connect({ address });
  let saved = 0;
  for (const { namespace, workflowId } of noted.values()) {
    const client = new Client({ connection, namespace });
    try {
      const history = await client.workflow.getHandle(workflowId).fetchHistory();
      const name = `${workflowId}-${address}`.replace(/[^a-z0-9-]/gi, '_');
      await writeFile(join(leftover.histories, `${name}.json`), historyToJSON(history));
      saved += 1;
    } catch (error) {
      // Noted when its start was asked for; a server that was away never had it.
      if (!isGrpcServiceError(error) || error.code !== GRPC_NOT_FOUND) throw error;
    }
  }
  await connection.close();
  return saved;
}
