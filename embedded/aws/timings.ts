/** How fast the simulated account moves. All in milliseconds. */
export interface Timings {
  /** Pause between two looks of the service scheduler at its services and tasks. Default 100. */
  readonly reconcileMs: number;
  /** Replaces every target group's HealthCheckIntervalSeconds (AWS allows none below 5 s). Default: the group's own. */
  readonly healthCheckIntervalMs?: number;
  /** Pause between two checks of a target that has not passed its first one yet. Default 250. */
  readonly initialHealthCheckMs: number;
  /** Replaces every target group's deregistration_delay.timeout_seconds. Default: the group's own. */
  readonly deregistrationDelayMs?: number;
  /** Replaces every container's stopTimeout, the time between SIGTERM and SIGKILL. Default: the container's own, else 30 s. */
  readonly stopTimeoutMs?: number;
  /** Pause before a failed task is replaced; it doubles with each further failure. Default 300. */
  readonly restartBackoffMs: number;
  /** Upper limit of that pause. Default 10,000. */
  readonly restartBackoffMaxMs: number;
  /** Time between SIGTERM and SIGKILL for tasks still there when the simulator itself stops. Default 5,000. */
  readonly shutdownGraceMs: number;
}

export const defaultTimings: Timings = {
  reconcileMs: 100,
  initialHealthCheckMs: 250,
  restartBackoffMs: 300,
  restartBackoffMaxMs: 10_000,
  shutdownGraceMs: 5_000,
};
