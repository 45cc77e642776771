import type { DeploymentCircuitBreaker } from '@aws-sdk/client-ecs';
import { addEvent, primaryOf, startDeployment } from './deployment.js';
import type { Service } from './store.js';

const least = 3;
const most = 200;

/** How many failed tasks in a row are too many. By default half the desired count, at least 3 and at most 200. */
export function failureThreshold(breaker: DeploymentCircuitBreaker, desiredCount: number): number {
  const { type = 'BOUNDED_PERCENT', value = 50 } = breaker.thresholdConfiguration ?? {};
  switch (type) {
    case 'COUNT':
      return value;
    case 'BOUNDED_PERCENT':
      return Math.min(most, Math.max(least, Math.ceil((desiredCount * value) / 100)));
    case 'UNBOUNDED_PERCENT':
      return Math.max(1, Math.ceil((desiredCount * value) / 100));
    default:
      throw new Error(`unknown circuit breaker threshold type ${String(type)}`);
  }
}

/** Called after a task of the deployment in progress has failed: ends that deployment when it was one too many. */
export function tripCircuitBreaker(service: Service): void {
  const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
  const failed = primaryOf(service);
  if (breaker?.enable !== true || failed.rolloutState !== 'IN_PROGRESS') return;
  if (failed.failedTasks < failureThreshold(breaker, service.desiredCount)) return;
  failed.rolloutState = 'FAILED';
  failed.rolloutStateReason = 'ECS deployment circuit breaker: tasks failed to start.';
  failed.updatedAt = new Date();
  addEvent(service, `(deployment ${failed.id}) deployment failed: tasks failed to start.`);
  if (breaker.rollback !== true || service.lastCompleted === undefined) return;
  const { deploymentId, taskDefinitionArn } = service.lastCompleted;
  if (taskDefinitionArn === failed.taskDefinitionArn && deploymentId === failed.id) return;
  const reason = `ECS deployment circuit breaker: rolling back to deploymentId ${deploymentId}.`;
  startDeployment(service, taskDefinitionArn, reason);
  addEvent(service, `rolling back to deployment ${deploymentId}.`);
}
