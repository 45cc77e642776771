interface Metric {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** Printed by the metrics endpoint and in the reference. */
  readonly help: string;
}

/** What a worker tells Prometheus about releases, beside Temporal's own metrics. Labels have few values each. */
export const metrics = {
  releasesEnded: {
    name: 'sluice_releases_ended_total',
    kind: 'counter',
    labels: ['environment', 'service', 'outcome'],
    help: 'Releases that have ended, by outcome: released, rolled-back, needs-operator, refused.',
  },
  releasesWaiting: {
    name: 'sluice_releases_waiting_for_operator',
    kind: 'gauge',
    labels: [],
    help: 'Releases that stand as needs-operator now. Every worker counts all of its task queue: take the maximum.',
  },
  verdicts: {
    name: 'sluice_verdicts_total',
    kind: 'counter',
    labels: ['environment', 'service', 'verdict'],
    help: 'What the judge said of a canary step: pass, fail, inconclusive, unmeasurable.',
  },
  trafficBack: {
    name: 'sluice_traffic_back_seconds',
    kind: 'histogram',
    labels: ['environment', 'service'],
    help: 'From the decision to go back until the old colour was read back at 100 %.',
  },
  effects: {
    name: 'sluice_effect_seconds',
    kind: 'histogram',
    labels: ['kind', 'way', 'outcome'],
    help: 'One attempt at an effect (way: forward) or at an undo (way: back). Outcome: done, held (nothing to do), a failure code, or internal.',
  },
} as const satisfies Record<string, Metric>;

/** Upper ends of the histograms in seconds: a rule is back in less than one, a backfill takes hours. */
export const secondsBuckets = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 7_200];
