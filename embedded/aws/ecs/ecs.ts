import type { Log } from '../log.js';
import type { Timings } from '../timings.js';
import type { EcsStore } from './store.js';

/** What the ECS operations and the scheduler work on. */
export interface Ecs {
  readonly store: EcsStore;
  readonly targets: TargetRegistry;
  readonly timings: Timings;
  readonly log: Log;
}

/** What ECS asks of the load balancing service. */
export interface TargetRegistry {
  /** Undefined when there is no such target group. */
  describe(targetGroupArn: string): { attached: boolean; targetType: string } | undefined;
  register(targetGroupArn: string, address: string, port: number): void;
  deregister(targetGroupArn: string, address: string, port: number): void;
  deregistrationDelayMs(targetGroupArn: string): number;
  state(targetGroupArn: string, address: string, port: number): string | undefined;
}
