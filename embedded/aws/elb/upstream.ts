import { Pool } from 'undici';
import { boundTo } from './stickiness.js';
import type { IncomingMessage } from 'node:http';
import type { Target, TargetGroup } from './store.js';

export interface UpstreamTarget {
  /** `ip:port` */
  readonly name: string;
  readonly pool: Pool;
}

/** The running side of a target group: the targets that may be chosen now, with their connections. */
export interface Upstream {
  readonly group: TargetGroup;
  /** Healthy targets; all that are not draining when none is healthy (the load balancer fails open). */
  routable: readonly UpstreamTarget[];
  inFlight: number;
  /** Takes over the group's targets as they are now. */
  refresh(): void;
  choose(request: IncomingMessage): UpstreamTarget | undefined;
  close(): Promise<void>;
}

export function createUpstream(group: TargetGroup): Upstream {
  const pools = new Map<string, UpstreamTarget>();
  let turn = 0;

  const upstream: Upstream = {
    group,
    routable: [],
    inFlight: 0,
    refresh() {
      const present = group.targets.filter(({ state }) => state !== 'draining');
      const healthy = present.filter(({ state }) => state === 'healthy');
      upstream.routable = (healthy.length > 0 ? healthy : present).map(connected);
      const names = new Set(present.map(nameOf));
      for (const [name, { pool }] of pools) {
        if (names.has(name)) continue;
        pools.delete(name);
        // Lets what is in flight finish, and takes nothing new.
        void pool.close();
      }
    },
    choose(request) {
      const { routable } = upstream;
      if (routable.length === 0) return undefined;
      if (group.attributes['stickiness.enabled'] === 'true') {
        const name = boundTo(request, 'AWSALB');
        const bound = routable.find((target) => target.name === name);
        if (bound !== undefined) return bound;
      }
      turn = (turn + 1) % routable.length;
      return routable[turn];
    },
    async close() {
      const open = [...pools.values()];
      pools.clear();
      upstream.routable = [];
      await Promise.all(open.map(({ pool }) => pool.destroy()));
    },
  };
  upstream.refresh();
  return upstream;

  function connected(target: Target): UpstreamTarget {
    const name = nameOf(target);
    const existing = pools.get(name);
    if (existing !== undefined) return existing;
    const opened = { name, pool: openPool(name) };
    pools.set(name, opened);
    return opened;
  }
}

/**
 * An idle connection must be given up before the target gives it up: a request written into a closed connection is
 * lost, and a POST may not be sent twice. A target that tells its keep-alive time is left 2 s before; for one that
 * tells none, 2 s is all that is dared.
 */
function openPool(name: string): Pool {
  return new Pool(`http://${name}`, {
    pipelining: 1,
    keepAliveTimeout: 2_000,
    keepAliveTimeoutThreshold: 2_000,
    keepAliveMaxTimeout: 60_000,
    connect: { timeout: 10_000, noDelay: true },
  });
}

function nameOf({ id, port }: Target): string {
  return `${id}:${port}`;
}
