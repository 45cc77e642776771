import { randomBytes } from 'node:crypto';

/** The one account and Region the simulator plays. */
export const accountId = '123456789012';
export const region = 'us-east-1';

export function arnOf(service: 'ecs' | 'elasticloadbalancing', resource: string): string {
  return `arn:aws:${service}:${region}:${accountId}:${resource}`;
}

/** Random lower-case hexadecimal digits, as AWS puts into its ids. */
export function hexId(length: number): string {
  return randomBytes(Math.ceil(length / 2))
    .toString('hex')
    .slice(0, length);
}
