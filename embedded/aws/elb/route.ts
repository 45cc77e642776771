import type { IncomingMessage } from 'node:http';
import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { forwardOf } from './action.js';
import { type Matcher, matcherOf } from './condition.js';
import { boundTo } from './stickiness.js';
import { type ElbStore, rulesOf } from './store.js';
import type { Upstream } from './upstream.js';
import { createDeck } from './weighted-deck.js';

/** A rule made ready for routing. */
export interface Route {
  readonly matches: Matcher;
  readonly action: RouteAction;
}

export type RouteAction =
  | { readonly kind: 'forward'; readonly forward: Forward }
  | { readonly kind: 'fixed-response'; readonly status: number; readonly contentType: string; readonly body: string }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: (request: IncomingMessage) => string };

export interface Forward {
  /** How long a client is bound to the group first chosen for it; 0: not at all. */
  readonly stickySeconds: number;
  /** The group for this request, and whether the client is to be bound to it now. Undefined: all weights are 0. */
  choose(request: IncomingMessage): { upstream: Upstream; bindNow: boolean } | undefined;
}

/** The rules of a listener in the order they are tried. */
export function routesOf(store: ElbStore, listenerArn: string, upstreamOf: (arn: string) => Upstream): Route[] {
  return rulesOf(store, listenerArn).flatMap(({ conditions, actions: [action] }) =>
    action === undefined ? [] : [{ matches: matcherOf(conditions), action: routeAction(action, upstreamOf) }],
  );
}

function routeAction(action: Action, upstreamOf: (arn: string) => Upstream): RouteAction {
  switch (action.Type) {
    case 'forward':
      return { kind: 'forward', forward: createForward(action, upstreamOf) };
    case 'fixed-response': {
      const { StatusCode, ContentType, MessageBody } = action.FixedResponseConfig ?? {};
      return {
        kind: 'fixed-response',
        status: Number(StatusCode),
        contentType: ContentType ?? 'text/plain',
        body: MessageBody ?? '',
      };
    }
    case 'redirect':
      return redirect(action);
    default:
      throw new Error(`action type ${action.Type} was let through without a route`);
  }
}

function createForward(action: Action, upstreamOf: (arn: string) => Upstream): Forward {
  const { TargetGroups = [], TargetGroupStickinessConfig: sticky } = forwardOf(action);
  const groups = TargetGroups.map(({ TargetGroupArn = '', Weight = 1 }) => ({
    value: upstreamOf(TargetGroupArn),
    weight: Weight,
  }));
  const draw = createDeck(groups);
  const stickySeconds = sticky?.Enabled === true ? (sticky.DurationSeconds ?? 0) : 0;
  return {
    stickySeconds,
    choose(request) {
      if (stickySeconds > 0) {
        // The binding holds whatever the weight has become, 0 included: so it is with AWS.
        const name = boundTo(request, 'AWSALBTG');
        const bound = groups.find(({ value }) => value.group.dimension === name);
        if (bound !== undefined) return { upstream: bound.value, bindNow: false };
      }
      const upstream = draw();
      return upstream === undefined ? undefined : { upstream, bindNow: stickySeconds > 0 };
    },
  };
}

function redirect(action: Action): RouteAction {
  const { StatusCode, Protocol, Host, Port, Path, Query } = action.RedirectConfig ?? {};
  return {
    kind: 'redirect',
    status: StatusCode === 'HTTP_301' ? 301 : 302,
    location(request) {
      const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
      const known: Record<string, string> = {
        '#{protocol}': url.protocol.slice(0, -1),
        '#{host}': url.hostname,
        '#{port}': url.port === '' ? '80' : url.port,
        '#{path}': url.pathname.slice(1),
        '#{query}': url.search.slice(1),
      };
      const fill = (template: string) => template.replace(/#\{\w+\}/g, (name) => known[name] ?? name);
      const protocol = fill(Protocol ?? '#{protocol}').toLowerCase();
      const query = fill(Query ?? '#{query}');
      const origin = `${protocol}://${fill(Host ?? '#{host}')}:${fill(Port ?? '#{port}')}`;
      return `${origin}${fill(Path ?? '/#{path}')}${query === '' ? '' : `?${query}`}`;
    },
  };
}
