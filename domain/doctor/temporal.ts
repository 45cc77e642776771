import { durationText } from '../duration.js';
import { compareSearchAttributes } from '../search-attributes.js';
import { reaperScheduleId, taskQueuesOf } from '../wire-names.js';
import type { PollerFacts, TemporalFacts } from './facts.js';
import { type Finding, broken, ok, warning } from './finding.js';

const setUp = 'Run `sluice setup` with the worker’s environment.';

export function judgeTemporal(facts: TemporalFacts): readonly Finding[] {
  const { where, serverVersion, namespace, searchAttributes } = facts;
  const server = ok('Temporal', `${serverVersion} at ${where}`);
  if (searchAttributes === undefined) {
    return [
      server,
      broken(
        'namespace',
        `expected the namespace ${namespace}, found none of that name`,
        'Create it, or set TEMPORAL_NAMESPACE.',
      ),
    ];
  }
  return [
    server,
    ok('namespace', namespace),
    judgeSearchAttributes(searchAttributes),
    judgeReaper(facts),
    ...judgeWorkers(facts),
  ];
}

function judgeSearchAttributes(found: Readonly<Record<string, number>>): Finding {
  const { missing, mistyped } = compareSearchAttributes(found);
  if (missing.length > 0) return broken('search attributes', `${missing.join(', ')} are not registered`, setUp);
  if (mistyped.length === 0) return ok('search attributes', 'all are registered');
  return broken(
    'search attributes',
    `expected keywords, found ${mistyped.join(', ')} of another type`,
    'Remove them from the namespace, then run `sluice setup`.',
  );
}

function judgeReaper({ reaper, taskQueuePrefix }: TemporalFacts): Finding {
  const schedule = reaperScheduleId(taskQueuePrefix);
  const about = 'reaper schedule';
  if (reaper === undefined)
    return broken(about, `expected the schedule ${schedule}, found none: nobody looks for lost releases`, setUp);
  const every = `every ${durationText(reaper.everyMs)}`;
  if (!reaper.paused) return ok(about, every);
  return warning(
    about,
    `${every}, but it is paused: nobody looks for lost releases`,
    `Unpause ${schedule} in Temporal.`,
  );
}

/** What must be polled: a queue without a poller holds up what is put into it, silently. */
function polledBy(taskQueuePrefix: string): readonly (readonly [queue: string, kind: PollerFacts['kind']])[] {
  const { release, undo } = taskQueuesOf(taskQueuePrefix);
  return [
    [release, 'workflows'],
    [release, 'activities'],
    [undo, 'activities'],
  ];
}

function judgeWorkers({ pollers, taskQueuePrefix }: TemporalFacts): readonly Finding[] {
  const missing = polledBy(taskQueuePrefix).filter(
    ([queue, kind]) => !pollers.some((it) => it.queue === queue && it.kind === kind),
  );
  if (missing.length > 0) {
    const queues = missing.map(([queue, kind]) => `${kind} of ${queue}`);
    return [
      broken(
        'workers',
        `nobody polls ${queues.join(' and ')}`,
        'Start a worker in this namespace (`sluice up` starts one on this machine).',
      ),
    ];
  }
  const builds = [...new Set(pollers.map(({ buildId }) => buildId || 'without a name'))].sort();
  const workers = new Set(pollers.map(({ identity }) => identity)).size;
  const found = `${workers} ${workers === 1 ? 'poller' : 'pollers'}, build ${builds.join(', ')}`;
  if (builds.length === 1) return [ok('workers', found)];
  return [
    warning(
      'workers',
      `${found}: expected one build`,
      'Nothing during a roll-out of workers; if it lasts, stop the old ones: they decide as their own build does.',
    ),
  ];
}
