import type { Timings } from '../timings.js';
import type { DataPlane } from './data-plane.js';
import type { ElbStore } from './store.js';

/** What the load balancing operations work on. */
export interface Elb {
  readonly store: ElbStore;
  readonly dataPlane: DataPlane;
  readonly timings: Timings;
  /** Address the listeners are bound to; a load balancer's DNSName. */
  readonly listenerHost: string;
}
