import { DescribeTargetGroupsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ClockReading } from '../../domain/doctor/facts.js';
import { ReleaseError } from '../../domain/failure.js';
import { callAws } from '../aws-errors.js';
import type { InspectionElbClient } from './alb-inspection.js';

/** The Date header of any answer, which tells whole seconds. */
export async function readAwsClock(elb: InspectionElbClient): Promise<ClockReading> {
  let date: string | undefined;
  const command = new DescribeTargetGroupsCommand({ PageSize: 1 });
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      date = (result.response as { headers?: Record<string, string> }).headers?.date;
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  const from = Date.now();
  await callAws('read the clock of AWS', () => elb.send(command));
  const at = Date.parse(date ?? '');
  if (Number.isNaN(at))
    throw new ReleaseError('aws-refused', 'expected a Date header in the answer of AWS, found none');
  return { at, from, to: Date.now(), grainMs: 1_000 };
}
