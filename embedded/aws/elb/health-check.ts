import { request } from 'node:http';
import type { Timings } from '../timings.js';
import type { DataPlane } from './data-plane.js';
import { type ElbStore, type HealthCheck, loadBalancersUsing, type Target, type TargetGroup } from './store.js';

export interface HealthChecks {
  stop(): void;
}

const lookMs = 25;

interface Probing {
  dueAt: number;
  underWay: boolean;
  /** Results in a row: passed when positive, failed when negative. */
  streak: number;
  /** Since when the target is looked at without having passed. */
  since: number;
}

type ProbeResult =
  { readonly passed: true } | { readonly passed: false; readonly reason: string; readonly text: string };

/**
 * Keeps every target's state true: checks those of groups a rule uses, and lets the drained ones go. A group no rule
 * uses is not checked; its targets are `unused`, and start anew once one does.
 */
export function startHealthChecks(deps: { store: ElbStore; dataPlane: DataPlane; timings: Timings }): HealthChecks {
  const { store, dataPlane, timings } = deps;
  const probing = new WeakMap<Target, Probing>();
  const timer = setInterval(look, lookMs);
  return { stop: () => clearInterval(timer) };

  function look(): void {
    for (const group of store.targetGroups.values()) {
      const inUse = loadBalancersUsing(store, group.arn).size > 0;
      for (const target of [...group.targets]) lookAt(group, target, inUse);
    }
  }

  function lookAt(group: TargetGroup, target: Target, inUse: boolean): void {
    const now = Date.now();
    if (target.state === 'draining') {
      if (now < (target.drainedAt ?? 0)) return;
      group.targets = group.targets.filter((other) => other !== target);
      return;
    }
    if (!inUse) {
      probing.delete(target);
      const description = 'Target group is not configured to receive traffic from the load balancer';
      turn(group, target, { state: 'unused', reason: 'Target.NotInUse', description });
      return;
    }
    let state = probing.get(target);
    if (state === undefined) {
      state = { dueAt: now, underWay: false, streak: 0, since: now };
      probing.set(target, state);
      const description = 'Initial health checks in progress';
      turn(group, target, { state: 'initial', reason: 'Elb.InitialHealthChecking', description });
    }
    if (state.underWay || now < state.dueAt) return;
    state.underWay = true;
    const current = state;
    void probe(target, group.health).then((result) => {
      current.underWay = false;
      if (probing.get(target) === current && target.state !== 'draining') judge(group, target, current, result);
    });
  }

  function judge(group: TargetGroup, target: Target, state: Probing, result: ProbeResult): void {
    const now = Date.now();
    const { health } = group;
    const interval = timings.healthCheckIntervalMs ?? health.intervalSeconds * 1_000;
    const first = target.state === 'initial';
    // A target that is starting is looked at more often than the interval says, so that it need not wait for it; the
    // failures of those extra looks do not count until an interval is over.
    const counts = !first || result.passed || now - state.since >= interval * (1 - state.streak);
    state.dueAt = now + (first && !result.passed ? Math.min(interval, timings.initialHealthCheckMs) : interval);
    if (!counts) return;
    if (result.passed) {
      state.streak = Math.max(state.streak, 0) + 1;
      if (first || state.streak >= health.healthyThreshold) turn(group, target, { state: 'healthy' });
      return;
    }
    state.streak = Math.min(state.streak, 0) - 1;
    if (-state.streak < health.unhealthyThreshold) return;
    turn(group, target, { state: 'unhealthy', reason: result.reason, description: result.text });
  }

  function turn(group: TargetGroup, target: Target, to: Pick<Target, 'state' | 'reason' | 'description'>): void {
    const changed = target.state !== to.state;
    target.state = to.state;
    if (to.reason === undefined) delete target.reason;
    else target.reason = to.reason;
    if (to.description === undefined) delete target.description;
    else target.description = to.description;
    if (changed) dataPlane.applyTargets(group.arn);
  }
}

/** One check on a connection of its own, as the load balancer makes them. */
function probe(target: Target, health: HealthCheck): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const port = health.port === 'traffic-port' ? target.port : Number(health.port);
    const timedOut = { passed: false, reason: 'Target.Timeout', text: 'Request timed out' } as const;
    const failed = { passed: false, reason: 'Target.FailedHealthChecks', text: 'Health checks failed' } as const;
    const check = request(
      { host: target.id, port, path: health.path, agent: false, headers: { 'user-agent': 'ELB-HealthChecker/2.0' } },
      (response) => {
        response.resume();
        const code = response.statusCode ?? 0;
        if (accepts(health.matcher, code)) resolve({ passed: true });
        const text = `Health checks failed with these codes: [${code}]`;
        resolve({ passed: false, reason: 'Target.ResponseCodeMismatch', text });
      },
    );
    const timer = setTimeout(() => {
      resolve(timedOut);
      check.destroy();
    }, health.timeoutSeconds * 1_000);
    check.once('error', () => resolve(failed));
    check.once('close', () => clearTimeout(timer));
    check.end();
  });
}

function accepts(matcher: string, code: number): boolean {
  return matcher.split(',').some((part) => {
    const [least, most = least] = part.split('-').map(Number);
    return least !== undefined && code >= least && code <= (most ?? least);
  });
}
