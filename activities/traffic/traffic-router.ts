import type { Colour } from '../../domain/colour.js';
import type { Weights } from '../../domain/traffic.js';

/**
 * Who gets which share of the requests. Errors are ReleaseErrors: `aws-throttled`, `aws-unreachable` (outcome
 * unknown), `aws-credentials`, `aws-refused`, and `traffic-drift` when the rule no longer is what a weight can be set on.
 */
export interface TrafficRouter {
  /** The rule as it is now, target groups that are not ours included. */
  readRule(ruleArn: string): Promise<RuleState>;
  /** The same, and `null` for a rule that is not there. */
  findRule(ruleArn: string): Promise<RuleState | null>;
  /** Writes both weights in one change, keeping everything else of the rule. Returns when the call was accepted. */
  setWeights(change: WeightChange): Promise<void>;
  /** Every registered target with its health. */
  readTargets(targetGroupArn: string): Promise<readonly Target[]>;
}

export interface RuleState {
  /** Target group ARN → weight. */
  readonly weights: Readonly<Record<string, number>>;
  /** Group stickiness in seconds, 0 when off. Sticky sessions override weights. */
  readonly stickinessSeconds: number;
}

export interface WeightChange {
  readonly ruleArn: string;
  readonly targetGroups: Readonly<Record<Colour, string>>;
  readonly weights: Weights;
}

export interface Target {
  readonly address: string;
  readonly port: number;
  readonly health: TargetHealth;
  /** The platform's words for why it is not healthy. */
  readonly reason?: string;
}

export type TargetHealth = 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable';
