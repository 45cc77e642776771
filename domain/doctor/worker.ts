import { durationText } from '../duration.js';
import type { ClockReading, PermissionFacts, WorkerFacts } from './facts.js';
import { type Finding, broken, judgeSeen, ok, warning } from './finding.js';

/** What does not depend on a manifest. `asked` is the client's own clock around the answer. */
export function judgeWorker(
  facts: WorkerFacts,
  asked: { readonly from: number; readonly to: number },
): readonly Finding[] {
  return [
    judgeClock('clock of the worker', { at: facts.at, ...asked, grainMs: 1 }, 'this machine'),
    ...judgeSeen('ledger', facts.ledger, ({ applied, missing, clock }) => [
      missing.length === 0
        ? ok('ledger', `reachable, its schema has ${applied.join(', ')}`)
        : broken(
            'ledger',
            `its schema lacks ${missing.join(', ')}`,
            'Run `sluice setup` with the worker’s environment.',
          ),
      judgeClock('clock of the ledger', clock, 'the worker'),
    ]),
    ...judgeSeen('AWS', facts.awsClock, (clock) => [judgeClock('clock of AWS', clock, 'the worker')]),
    ...judgePermissions(facts.permissions),
  ];
}

/** How far that clock is ahead of the other one, for certain; negative when it is behind. */
export function clockOffset({ at, from, to, grainMs }: ClockReading): number {
  if (at + grainMs < from) return at + grainMs - from;
  return at > to ? at - to : 0;
}

const noticedMs = 2_000;
const intolerableMs = 60_000;

function judgeClock(about: string, reading: ClockReading, other: string): Finding {
  const offset = clockOffset(reading);
  const found = `${durationText(Math.abs(offset))} ${offset < 0 ? 'behind' : 'ahead of'} ${other}`;
  if (Math.abs(offset) < noticedMs) return ok(about, `agrees with ${other}`);
  const remedy = 'Set both clocks by NTP: metrics, deadlines and quiet windows are read by them.';
  return Math.abs(offset) < intolerableMs ? warning(about, found, remedy) : broken(about, found, remedy);
}

function judgePermissions(permissions: readonly PermissionFacts[]): readonly Finding[] {
  const about = 'AWS permissions';
  const of = (outcome: PermissionFacts['outcome']) => permissions.filter((it) => it.outcome === outcome);
  const allowed = new Set(of('allowed').map(({ action }) => action));
  return [
    ...of('denied').map(({ action, detail }) =>
      broken(about, `${action} is denied: ${detail}`, `Allow ${action} to the worker’s role.`),
    ),
    ...of('unknown').map(({ action, detail }) =>
      warning(about, `${action} could not be tried: ${detail}`, 'Mend what is named, then look again.'),
    ),
    ...(allowed.size === 0 ? [] : [ok(about, `not denied: ${[...allowed].join(', ')}`)]),
  ];
}
