import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError } from '../aws-error.js';
import { forward, withBody } from './forward.js';
import type { RecordOutcome } from './outcome.js';
import { refuse } from './refusal.js';
import { type Forward, type Route, routesOf } from './route.js';
import { bind } from './stickiness.js';
import { type ElbStore, findTargetGroup, type Listener } from './store.js';
import { createUpstream, type Upstream } from './upstream.js';

/** The part of the load balancer that carries requests. It obeys the store; what changes there is applied by these calls. */
export interface DataPlane {
  /** Starts listening and answers the port; requests are refused until the listener's rules are applied. */
  openListener(listener: Listener): Promise<number>;
  /** Takes no new connection, and closes the open ones as they fall idle. */
  closeListener(arn: string): Promise<void>;
  /** Takes over every listener's rules in one swap: a request is routed by the old rules or the new, never by a mixture. */
  applyRules(): void;
  /** Takes over which targets of a group may be chosen. */
  applyTargets(targetGroupArn: string): void;
  forgetGroup(targetGroupArn: string): void;
  upstreams(): Iterable<Upstream>;
  stop(): Promise<void>;
}

export interface DataPlaneDeps {
  readonly store: ElbStore;
  readonly listenerHost: string;
  readonly record: RecordOutcome;
}

interface OpenListener {
  readonly server: Server;
  readonly loadBalancerArn: string;
  port: number;
  loadBalancer: string;
  idleTimeoutMs: number;
  routes: readonly Route[];
}

export function createDataPlane({ store, listenerHost, record }: DataPlaneDeps): DataPlane {
  const listeners = new Map<string, OpenListener>();
  const upstreams = new Map<string, Upstream>();

  return {
    async openListener({ arn, loadBalancerArn, port }) {
      const server = createServer(
        { keepAliveTimeout: 60_000, requestTimeout: 0, noDelay: true, maxHeaderSize: 65_536 },
        (request, response) => serve(open, request, response),
      );
      const open: OpenListener = { server, loadBalancerArn, port, loadBalancer: '', idleTimeoutMs: 60_000, routes: [] };
      open.port = await listen(server, listenerHost, port);
      listeners.set(arn, open);
      return open.port;
    },
    async closeListener(arn) {
      const open = listeners.get(arn);
      listeners.delete(arn);
      open?.server.close();
    },
    applyRules() {
      for (const [arn, open] of listeners) {
        const loadBalancer = store.loadBalancers.get(open.loadBalancerArn);
        open.loadBalancer = loadBalancer?.dimension ?? '';
        open.idleTimeoutMs = Number(loadBalancer?.attributes['idle_timeout.timeout_seconds'] ?? 60) * 1_000;
        open.routes = routesOf(store, arn, upstreamOf);
      }
    },
    applyTargets: (arn) => upstreamOf(arn).refresh(),
    forgetGroup(arn) {
      void upstreams.get(arn)?.close();
      upstreams.delete(arn);
    },
    upstreams: () => upstreams.values(),
    async stop() {
      for (const { server } of listeners.values()) {
        server.close();
        server.closeAllConnections();
      }
      listeners.clear();
      await Promise.all([...upstreams.values()].map((upstream) => upstream.close()));
    },
  };

  function upstreamOf(arn: string): Upstream {
    const existing = upstreams.get(arn);
    if (existing !== undefined) return existing;
    const created = createUpstream(findTargetGroup(store, arn));
    upstreams.set(arn, created);
    return created;
  }

  function serve(open: OpenListener, request: IncomingMessage, response: ServerResponse): void {
    // Without a listener for it, a client that leaves in the middle of a body would end the whole process.
    request.on('error', () => {});
    response.on('error', () => {});
    withBody(request, (body) => {
      const route = open.routes.find(({ matches }) => matches(request));
      if (route === undefined) {
        refuse(response, 503);
        return;
      }
      const { action } = route;
      switch (action.kind) {
        case 'forward':
          return send(open, action.forward, request, response, body);
        case 'fixed-response':
          response.writeHead(action.status, { 'content-type': action.contentType }).end(action.body);
          return;
        case 'redirect':
          response.writeHead(action.status, { location: action.location(request) }).end();
          return;
      }
    });
  }

  function send(
    { loadBalancer, port, idleTimeoutMs }: OpenListener,
    rule: Forward,
    request: IncomingMessage,
    response: ServerResponse,
    body: Parameters<Parameters<typeof withBody>[1]>[0],
  ): void {
    const choice = rule.choose(request);
    const target = choice?.upstream.choose(request);
    if (choice === undefined || target === undefined) {
      refuse(response, 503);
      record({ loadBalancer, targetGroup: choice?.upstream.group.dimension }, { kind: 'no-target' });
      return;
    }
    const { upstream, bindNow } = choice;
    const { dimension, attributes } = upstream.group;
    const cookies = bindNow ? bind('AWSALBTG', dimension, rule.stickySeconds) : [];
    if (attributes['stickiness.enabled'] === 'true') {
      cookies.push(...bind('AWSALB', target.name, Number(attributes['stickiness.lb_cookie.duration_seconds'])));
    }
    upstream.inFlight += 1;
    forward({
      request,
      response,
      body,
      target,
      listenerPort: port,
      idleTimeoutMs,
      cookies,
      settle(outcome) {
        upstream.inFlight -= 1;
        record({ loadBalancer, targetGroup: dimension }, outcome);
      },
    });
  }
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, 4_096, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    throw new AwsError('InvalidConfigurationRequest', `The listener cannot use ${host}:${port} here: ${String(error)}`);
  }
  return (server.address() as AddressInfo).port;
}
