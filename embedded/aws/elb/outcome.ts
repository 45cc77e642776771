/** How one request ended, in the terms of the load balancer's metrics. */
export type Outcome =
  /** The target answered; `seconds` from the request leaving the load balancer to the first byte of the answer. */
  | { readonly kind: 'answered'; readonly status: number; readonly seconds: number }
  /** The answer broke off after its headers; the client saw a cut connection. */
  | { readonly kind: 'truncated'; readonly status: number; readonly seconds: number }
  /** No connection to the target could be made: 502, or 504 when it took too long. */
  | { readonly kind: 'not-connected'; readonly status: 502 | 504 }
  /** The target closed the connection or wrote nonsense instead of an answer (502), or was silent for too long (504). */
  | { readonly kind: 'no-answer'; readonly status: 502 | 504 }
  /** The client went away first. No fault of the target. */
  | { readonly kind: 'client-left' }
  /** What the client sent cannot be sent on as HTTP: 400. */
  | { readonly kind: 'bad-request' }
  /** No target to choose: 503. */
  | { readonly kind: 'no-target' };

/** Called once for each request that was to be forwarded. Names are the CloudWatch dimensions. */
export type RecordOutcome = (
  where: { loadBalancer: string; targetGroup: string | undefined },
  outcome: Outcome,
) => void;
