import { AwsError } from '../aws-error.js';
import type { CallLog } from '../calls.js';
import type { Faults, RefusalFault } from '../faults.js';
import type { AwsCall, KnownCall, ServiceName } from './protocol.js';

/** A read looks at the store it is given, so that a stale read can be given an old one. */
export type Read<Store> = (store: Store, input: never) => object;
export type Write = (input: never) => object | Promise<object>;

/** One simulated AWS service: plain records in `store`, and the operations on them by their AWS names. */
export interface AwsService<Store extends object> {
  readonly store: Store;
  readonly reads: Readonly<Record<string, Read<Store>>>;
  readonly writes: Readonly<Record<string, Write>>;
}

export type DispatchResult =
  | { readonly kind: 'answer'; readonly output: object }
  | { readonly kind: 'error'; readonly error: AwsError }
  /** No answer is sent; the connection is cut after so many milliseconds. */
  | { readonly kind: 'silence'; readonly milliseconds: number };

export type Dispatch = (call: KnownCall) => Promise<DispatchResult>;

export interface DispatchDeps {
  readonly services: { readonly [Name in ServiceName]: (call: AwsCall, stale: boolean) => Promise<object> };
  readonly faults: Faults;
  readonly calls: CallLog;
}

/** Carries out one call: the fault that waits for it first, then the operation, then a line in the call log. */
export function createDispatch({ services, faults, calls }: DispatchDeps): Dispatch {
  return async (call) => {
    const started = performance.now();
    const at = new Date().toISOString();
    const fault = faults.strike(call.operation);
    const result = await carryOut();
    calls.add({
      service: call.service,
      operation: call.operation,
      ...call.caller,
      at,
      milliseconds: Math.round(performance.now() - started),
      outcome: outcomeOf(result),
      ...(fault === undefined ? {} : { fault: fault.kind }),
      input: call.input,
    });
    return result;

    async function carryOut(): Promise<DispatchResult> {
      switch (fault?.kind) {
        case undefined:
          return run(false);
        case 'stale-read':
          return run(true);
        case 'throttle':
        case 'error':
          return { kind: 'error', error: refusal(call.service, fault) };
        case 'timeout-before-effect':
          return { kind: 'silence', milliseconds: fault.milliseconds };
        case 'timeout-after-effect': {
          const result = await run(false);
          return result.kind === 'error' ? result : { kind: 'silence', milliseconds: fault.milliseconds };
        }
      }
    }

    async function run(stale: boolean): Promise<DispatchResult> {
      try {
        return { kind: 'answer', output: await services[call.service](call, stale) };
      } catch (error) {
        if (error instanceof AwsError) return { kind: 'error', error };
        throw error;
      }
    }
  };
}

/** Keeps a copy of the store from before the last change, for stale reads. */
export function operationsOf<Store extends object>(
  service: AwsService<Store>,
  unknown: (operation: string) => AwsError,
): (call: AwsCall, stale: boolean) => Promise<object> {
  let beforeLastChange: Store | undefined;
  return async ({ operation, input }, stale) => {
    const read = service.reads[operation];
    if (read !== undefined) return read(stale ? (beforeLastChange ?? service.store) : service.store, input as never);
    const write = service.writes[operation];
    if (write === undefined) throw unknown(operation);
    const before = structuredClone(service.store);
    const output = await write(input as never);
    beforeLastChange = before;
    return output;
  };
}

function outcomeOf(result: DispatchResult): string {
  switch (result.kind) {
    case 'answer':
      return 'ok';
    case 'error':
      return result.error.code;
    case 'silence':
      return 'no answer';
  }
}

function refusal(service: ServiceName, fault: RefusalFault): AwsError {
  const query = service === 'elasticloadbalancing' || service === 'sts';
  const throttled = query ? 'Throttling' : 'ThrottlingException';
  const usual =
    fault.kind === 'throttle'
      ? { code: throttled, message: 'Rate exceeded', status: 400 }
      : { code: serverError(service), message: 'Service Unavailable. Please try again later.', status: 500 };
  return new AwsError(fault.code ?? usual.code, fault.message ?? usual.message, fault.status ?? usual.status);
}

function serverError(service: ServiceName): string {
  switch (service) {
    case 'ecs':
      return 'ServerException';
    case 'elasticloadbalancing':
      return 'InternalFailure';
    case 'cloudwatch':
      return 'InternalServiceFault';
    case 'sts':
      return 'InternalFailure';
  }
}
