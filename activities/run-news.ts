import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { type BackfillMark, type BackfillNews, isNews, type Told } from '../domain/backfill-news.js';
import { progressSignalName } from '../domain/wire-names.js';

/** `rows` in words. */
export type TellBackfill = (mark: BackfillMark, rows: string | undefined) => void;

/** For one attempt at a backfill. */
export type TellRun = () => TellBackfill;

/**
 * Tells the run whose activity this is how its backfill goes, seldom: each message stays in its history. Nobody waits for
 * it, and one that is lost is made up for by the next: the heartbeat says it all the time.
 */
export function createRunNews(client: Client): TellRun {
  return () => {
    const { workflowExecution, scheduledTimestampMs: orderedAt } = Context.current().info;
    const { workflowId, runId } = workflowExecution ?? {};
    if (workflowId === undefined) return () => {};
    const run = client.workflow.getHandle(workflowId, runId);
    return createTeller(orderedAt, (news) => {
      run.signal(progressSignalName, news).catch(() => {});
    });
  };
}

function createTeller(orderedAt: number, send: (news: BackfillNews) => void): TellBackfill {
  const begunAt = Date.now();
  let told: Told | undefined;
  let lastRows: string | undefined;
  return ({ file, rows: done, waits, tuned }, rows) => {
    const now = Date.now();
    lastRows = rows ?? lastRows;
    const mark = { file, rows: done, waits, tuned };
    if (!isNews(mark, told, { orderedAt, begunAt, now })) return;
    told = { ...mark, at: now };
    send({ file, rows: lastRows, waits, tuned });
  };
}
