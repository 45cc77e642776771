import type { AwsError } from '../aws-error.js';
import type { Caller } from '../sts/caller.js';

export type ServiceName = 'ecs' | 'elasticloadbalancing' | 'cloudwatch' | 'sts';

/** A call as the dispatcher sees it, whichever protocol carried it. */
export interface AwsCall {
  readonly service: ServiceName;
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

/** The call with who made it. */
export interface KnownCall extends AwsCall {
  readonly caller: Caller;
}

export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** One of AWS's wire protocols: how answers and errors are written. */
export interface Protocol {
  answer(operation: string, output: object, requestId: string): WireAnswer;
  error(error: AwsError, requestId: string): WireAnswer;
}
