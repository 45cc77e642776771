import { performance } from 'node:perf_hooks';

/** Whether this process, and with it the load balancer, got the processor it needed. */
export interface Saturation {
  /** Since it began to look. */
  readonly seconds: number;
  /**
   * Those of them without an idle moment. In a turn of its event loop Node reads every connection that has something to
   * say, and accepts one that is new: so whoever is connected is answered meanwhile, and whoever comes anew waits.
   */
  readonly saturatedSeconds: number;
}

export interface SaturationWatch {
  read(): Saturation;
  stop(): void;
}

/** `lookMs`: how long a moment is that has to hold some idleness. Default 1,000. */
export function watchSaturation(lookMs = 1_000): SaturationWatch {
  let seconds = 0;
  let saturatedSeconds = 0;
  let last = { at: performance.now(), loop: performance.eventLoopUtilization() };
  const timer = setInterval(() => {
    const now = { at: performance.now(), loop: performance.eventLoopUtilization() };
    const took = (now.at - last.at) / 1_000;
    seconds += took;
    if (performance.eventLoopUtilization(now.loop, last.loop).utilization >= 0.99) saturatedSeconds += took;
    last = now;
  }, lookMs);
  return { read: () => ({ seconds, saturatedSeconds }), stop: () => clearInterval(timer) };
}
