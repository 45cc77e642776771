import type { Colour } from '../../domain/colour.js';
import type { Measurement } from '../../domain/verdict.js';

/** The load balancer's own per-colour numbers. A source that is down is a measurement (`unmeasurable`), not an error. */
export interface MetricSource {
  measure(window: MetricWindow): Promise<Measurement>;
}

export interface MetricWindow {
  readonly targetGroups: Readonly<Record<Colour, string>>;
  /** Epoch milliseconds; widened to whole periods by the source. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The grain of the source in seconds. */
  readonly periodSeconds: number;
}
