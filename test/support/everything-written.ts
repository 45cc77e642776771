import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Client } from '@temporalio/client';
import pg from 'pg';
import type { Stack } from '../../embedded/stack.js';

/** All that a stack's releases have left in Temporal, in the ledger and in logs, by where it lies. */
export async function everythingWritten(stack: Stack, client: Client): Promise<ReadonlyMap<string, string>> {
  return new Map([...(await histories(client)), ...(await ledgerTables(stack.ledgerUrl)), ...logs(stack.logDir)]);
}

async function histories(client: Client): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    found.push([`history of ${workflowId}`, readable(historyToJSON(history))]);
  }
  return found;
}

/** Payloads are base64 there. */
function readable(history: string): string {
  return JSON.stringify(JSON.parse(history), (key, value: unknown) =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
  );
}

async function ledgerTables(connectionString: string): Promise<[string, string][]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'sluice'",
    );
    const found: [string, string][] = [];
    for (const { name } of rows) {
      const all = await client.query(`select row_to_json(it)::text from sluice.${client.escapeIdentifier(name)} it`);
      found.push([`ledger’s ${name}`, JSON.stringify(all.rows)]);
    }
    return found;
  } finally {
    await client.end();
  }
}

function logs(folder: string): [string, string][] {
  return readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]);
}
