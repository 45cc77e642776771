import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { ECS, type ECSClientConfig } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';

import { retryThrottledOnly } from './aws-retry.js';

export interface AwsClientOptions {
  readonly region: string;
  /** Where all services answer; default: AWS itself. */
  readonly endpoint?: string;
  /** Default: the SDK's provider chain. */
  readonly credentials?: ECSClientConfig['credentials'];
  /** How long one attempt may take, default 2 s. So a call takes at most `maxAttempts` times this, and its pauses. */
  readonly requestTimeoutMs?: number;
  /** Attempts the SDK makes before the call fails, default 2; longer patience is the caller's. */
  readonly maxAttempts?: number;
}

export interface AwsClients {
  readonly ecs: ECS;
  readonly elb: ElasticLoadBalancingV2;
  readonly cloudwatch: CloudWatch;
}

/** Connections are kept alive and shared by all calls of a client. `destroy()` of each client closes them. */
export function createAwsClients(options: AwsClientOptions): AwsClients {
  const config = clientConfig(options);
  return {
    ecs: new ECS({ ...config, retryStrategy: retryThrottledOnly({ maxAttempts: config.maxAttempts }) }),
    elb: new ElasticLoadBalancingV2(config),
    cloudwatch: new CloudWatch(config),
  };
}

/** What every client of AWS is made with here. */
export function clientConfig(options: AwsClientOptions) {
  const { region, endpoint, credentials, requestTimeoutMs = 2_000, maxAttempts = 2 } = options;
  // The SDK is pinned here; its word about the next year's Node would only stand in the way of ours on stderr.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts,
    requestHandler: {
      connectionTimeout: requestTimeoutMs,
      // Until the head of the answer. Without the throw the SDK only logs, and the call hangs on.
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      // An answer that stops in the middle of its body.
      socketTimeout: requestTimeoutMs,
    },
  };
}
