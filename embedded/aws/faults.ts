/**
 * A fault waits for the next `times` calls of its operation (or, for `slow-start`, the next `times` task starts).
 *
 * - `throttle`, `error`: the call is refused without effect; `code`, `message` and `status` replace AWS's own.
 * - `timeout-before-effect`, `timeout-after-effect`: no answer comes. The connection is cut after `milliseconds`
 *   (default 60,000; 0 cuts it at once, which the SDK takes for a network error and retries by itself).
 * - `stale-read`: answers the state before the last change to the same service.
 * - `slow-start`: a task stays PENDING for `milliseconds` longer.
 */
export type Fault =
  | RefusalFault
  | { readonly kind: TimeoutKind; readonly operation: string; readonly milliseconds: number }
  | { readonly kind: 'stale-read'; readonly operation: string }
  | { readonly kind: 'slow-start'; readonly milliseconds: number };

export interface RefusalFault {
  readonly kind: 'throttle' | 'error';
  readonly operation: string;
  readonly code?: string;
  readonly message?: string;
  readonly status?: number;
}

type TimeoutKind = 'timeout-before-effect' | 'timeout-after-effect';
export type CallFault = Exclude<Fault, { kind: 'slow-start' }>;

export interface Faults {
  arm(fault: Fault, times: number): void;
  /** Takes one use of the oldest fault armed for this operation. */
  strike(operation: string): CallFault | undefined;
  /** Takes one use of the oldest slow start; answers the milliseconds to wait, 0 when none is armed. */
  slowStart(): number;
  list(): (Fault & { times: number })[];
  clear(): void;
}

export function createFaults(): Faults {
  let armed: { fault: Fault; times: number }[] = [];

  function take<F extends Fault>(wanted: (fault: Fault) => fault is F): F | undefined {
    for (const entry of armed) {
      const { fault } = entry;
      if (!wanted(fault)) continue;
      entry.times -= 1;
      armed = armed.filter(({ times }) => times > 0);
      return fault;
    }
    return undefined;
  }

  return {
    arm(fault, times) {
      armed.push({ fault, times });
    },
    strike: (operation) =>
      take((fault): fault is CallFault => fault.kind !== 'slow-start' && fault.operation === operation),
    slowStart: () => take((fault) => fault.kind === 'slow-start')?.milliseconds ?? 0,
    list: () => armed.map(({ fault, times }) => ({ ...fault, times })),
    clear() {
      armed = [];
    },
  };
}

/** Reads the body of `POST /_simulator/faults`; throws what is wrong with it. */
export function parseFault(body: Record<string, unknown>): { fault: Fault; times: number } {
  const times = body.times === undefined ? 1 : wholeNumber(body, 'times');
  switch (body.kind) {
    case 'throttle':
    case 'error':
      return {
        times,
        fault: {
          kind: body.kind,
          operation: text(body, 'operation'),
          ...(body.code === undefined ? {} : { code: text(body, 'code') }),
          ...(body.message === undefined ? {} : { message: text(body, 'message') }),
          ...(body.status === undefined ? {} : { status: wholeNumber(body, 'status') }),
        },
      };
    case 'timeout-before-effect':
    case 'timeout-after-effect': {
      const milliseconds = body.milliseconds === undefined ? 60_000 : wholeNumber(body, 'milliseconds');
      return { times, fault: { kind: body.kind, operation: text(body, 'operation'), milliseconds } };
    }
    case 'stale-read':
      return { times, fault: { kind: body.kind, operation: text(body, 'operation') } };
    case 'slow-start':
      return { times, fault: { kind: body.kind, milliseconds: wholeNumber(body, 'milliseconds') } };
  }
  throw new Error(
    `"kind" must be throttle, error, timeout-before-effect, timeout-after-effect, stale-read or slow-start; found ${JSON.stringify(body.kind)}`,
  );
}

function text(body: Record<string, unknown>, field: string): string {
  const value = body[field];
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`"${field}" must be a text that is not empty; found ${JSON.stringify(value)}`);
}

function wholeNumber(body: Record<string, unknown>, field: string): number {
  const value = body[field];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new Error(`"${field}" must be a whole number, 0 or more; found ${JSON.stringify(value)}`);
}
