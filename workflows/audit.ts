import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import { type SearchAttributePair, SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { durationText } from '../domain/duration.js';
import type { SearchAttributeName } from '../domain/search-attributes.js';
import type { ReleaseStatus, StepRecord } from '../domain/release-state.js';
import { describeWeights } from '../domain/traffic.js';

/** Makes the run readable in the Temporal UI: attributes and memo need no worker, current details are the page an auditor reads. */
export function publish(status: ReleaseStatus, previous: ReleaseStatus | undefined): void {
  setCurrentDetails(renderDetails(status));
  const changed = attributesOf(status).filter(({ key, value }) => {
    const before =
      previous === undefined ? undefined : attributesOf(previous).find((pair) => pair.key.name === key.name);
    return before?.value !== value;
  });
  if (changed.length > 0) upsertSearchAttributes(changed);
  // Beside the phase, what `status` can still show when no worker answers. Not the step: every memo is an event, and a
  // write of the server's visibility store, and which activity is pending the server knows by itself.
  if (
    previous?.weights !== status.weights ||
    previous?.result !== status.result ||
    previous?.gate !== status.gate ||
    previous?.paused !== status.paused
  ) {
    upsertMemo({
      ...(status.weights === undefined ? {} : { weights: describeWeights(status.weights) }),
      ...(status.live === undefined ? {} : { live: status.live, idle: status.idle }),
      // null takes it out of the memo again.
      waitsFor: status.gate === undefined ? null : `${status.gate.name}: ${status.gate.reason}`,
      paused:
        status.paused === undefined || status.goingBack ? null : `${status.paused.actor}: ${status.paused.reason}`,
      ...(status.result?.failure === undefined
        ? {}
        : { failure: `${status.result.failure.code}: ${status.result.failure.message}` }),
    });
  }
}

export function keyword(name: SearchAttributeName, value: string): SearchAttributePair {
  return { key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD), value };
}

function attributesOf(status: ReleaseStatus): SearchAttributePair[] {
  const phase = keyword('SluicePhase', status.phase);
  return status.result === undefined ? [phase] : [phase, keyword('SluiceOutcome', status.result.outcome)];
}

function renderDetails(status: ReleaseStatus): string {
  const { result, gate, paused, weights, submittedBy, backfill } = status;
  return [
    `## ${status.lane.service} ${status.version} in ${status.lane.environment}: ${result?.outcome ?? status.step}`,
    submittedBy === undefined ? '' : `**Submitted by** ${submittedBy}`,
    result?.failure === undefined ? '' : `**Why:** \`${result.failure.code}\` ${result.failure.message}`,
    gate === undefined
      ? ''
      : `**Waits for an operator** at *${gate.name}*: ${gate.reason} (${gate.answers.join(', ')})`,
    paused === undefined ? '' : `**Paused** by ${paused.actor}: ${paused.reason}`,
    weights === undefined ? '' : `**Traffic:** ${describeWeights(weights)}`,
    backfill === undefined ? '' : `**Backfill:** ${describeNews(backfill)}`,
    '### Steps',
    '| step | took | what was found or done |',
    '|---|---|---|',
    ...status.steps.map(renderStep),
    '### Decisions',
    ...status.decisions.map(({ at, actor, text }) => `- ${new Date(at).toISOString()} **${actor}**: ${text}`),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** `backfill/V2__fill.sql: 400,000 of about 1,000,000 rows, …; waits: …; tuned by ann: pace 20 % (as of …)` */
function describeNews({ file, rows, waits, tuned, at }: NonNullable<ReleaseStatus['backfill']>): string {
  const said = [rows, waits === undefined ? undefined : `waits: ${waits}`, tuned].filter((text) => text !== undefined);
  return `${file}: ${said.join('; ')} (as of ${new Date(at).toISOString()})`;
}

function renderStep({ name, startedAt, endedAt, note }: StepRecord): string {
  const took = endedAt === undefined ? '…' : durationText(endedAt - startedAt);
  return `| ${name} | ${took} | ${note ?? ''} |`;
}
