import type { TargetHealthDescription, TargetHealthStateEnum } from '@aws-sdk/client-elastic-load-balancing-v2';

import { ReleaseError } from '../../domain/failure.js';
import type { Target, TargetHealth } from './traffic-router.js';

const healthOf: Readonly<Record<TargetHealthStateEnum, TargetHealth>> = {
  initial: 'initial',
  healthy: 'healthy',
  unhealthy: 'unhealthy',
  'unhealthy.draining': 'unhealthy',
  unused: 'unused',
  draining: 'draining',
  unavailable: 'unavailable',
};

export function toTarget({ Target: target, TargetHealth: found }: TargetHealthDescription): Target {
  const health = found?.State === undefined ? undefined : healthOf[found.State];
  if (target?.Id === undefined || target.Port === undefined || health === undefined) {
    const answer = JSON.stringify({ target, health: found });
    throw new ReleaseError('aws-refused', `expected a target with address, port and a known health, found ${answer}`);
  }
  const reason = [found?.Reason, found?.Description].filter((words) => words !== undefined && words !== '').join(': ');
  return { address: target.Id, port: target.Port, health, ...(reason === '' ? {} : { reason }) };
}
