import type { Outcome, RecordOutcome } from '../elb/outcome.js';

const keptSeconds = 1_800;
/** Beyond so many answers in one second, an even sample of them stands for all. */
const mostLatencies = 5_000;

/** What happened in one second between one load balancer and one target group (or none, when none could be chosen). */
export interface Second {
  /** Epoch seconds. */
  readonly at: number;
  requests: number;
  target2xx: number;
  target3xx: number;
  target4xx: number;
  target5xx: number;
  elb4xx: number;
  elb5xx: number;
  connectionErrors: number;
  answers: number;
  /** Seconds to the first byte of each answer. */
  readonly latencies: number[];
  /** Last seen in this second; undefined when nobody looked. */
  hosts?: { healthy: number; unhealthy: number };
}

export interface SeriesName {
  readonly loadBalancer: string;
  readonly targetGroup: string | undefined;
}

/** The last 30 minutes, second by second. */
export interface Measurements {
  readonly record: RecordOutcome;
  recordHosts(name: SeriesName, hosts: { healthy: number; unhealthy: number }): void;
  /** Seconds with something in them, `from` inclusive to `to` exclusive, of the series that match. */
  read(name: Partial<SeriesName>, from: number, to: number): Second[];
}

export function createMeasurements(now: () => number = Date.now): Measurements {
  const series = new Map<string, { name: SeriesName; seconds: (Second | undefined)[] }>();

  return {
    record: (name, outcome) => count(present(name), outcome),
    recordHosts(name, hosts) {
      present(name).hosts = hosts;
    },
    read(wanted, from, to) {
      const oldest = Math.floor(now() / 1_000) - keptSeconds;
      return [...series.values()]
        .filter(({ name }) => wanted.loadBalancer === undefined || name.loadBalancer === wanted.loadBalancer)
        .filter(({ name }) => wanted.targetGroup === undefined || name.targetGroup === wanted.targetGroup)
        .flatMap(({ seconds }) => seconds)
        .filter((second) => second !== undefined)
        .filter(({ at }) => at > oldest && at >= from && at < to);
    },
  };

  function present(name: SeriesName): Second {
    const key = `${name.loadBalancer} ${name.targetGroup ?? ''}`;
    let found = series.get(key);
    if (found === undefined) {
      found = { name, seconds: [] };
      series.set(key, found);
    }
    const at = Math.floor(now() / 1_000);
    const slot = at % keptSeconds;
    const second = found.seconds[slot];
    if (second?.at === at) return second;
    return (found.seconds[slot] = emptySecond(at));
  }
}

function count(second: Second, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'answered':
    case 'truncated':
      second.requests += 1;
      countStatus(second, outcome.status);
      keepLatency(second, outcome.seconds);
      return;
    case 'not-connected':
      second.requests += 1;
      second.connectionErrors += 1;
      second.elb5xx += 1;
      return;
    case 'no-answer':
      second.requests += 1;
      second.elb5xx += 1;
      return;
    case 'client-left':
      second.requests += 1;
      second.elb4xx += 1;
      return;
    case 'bad-request':
      second.elb4xx += 1;
      return;
    case 'no-target':
      second.elb5xx += 1;
      return;
  }
}

function countStatus(second: Second, status: number): void {
  if (status >= 500) second.target5xx += 1;
  else if (status >= 400) second.target4xx += 1;
  else if (status >= 300) second.target3xx += 1;
  else second.target2xx += 1;
}

function keepLatency(second: Second, seconds: number): void {
  second.answers += 1;
  if (second.latencies.length < mostLatencies) {
    second.latencies.push(seconds);
    return;
  }
  const place = Math.floor(Math.random() * second.answers);
  if (place < mostLatencies) second.latencies[place] = seconds;
}

function emptySecond(at: number): Second {
  return {
    at,
    requests: 0,
    target2xx: 0,
    target3xx: 0,
    target4xx: 0,
    target5xx: 0,
    elb4xx: 0,
    elb5xx: 0,
    connectionErrors: 0,
    answers: 0,
    latencies: [],
  };
}
