import { XMLBuilder } from 'fast-xml-parser';
import type { Protocol } from './protocol.js';

const xml = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' });

/** AWS Query: a form comes in, XML of the service's namespace goes out. */
export const queryProtocol = (namespace: string): Protocol => ({
  answer: (operation, output, requestId) => ({
    status: 200,
    contentType: 'text/xml',
    body: xml.build({
      [`${operation}Response`]: {
        '@xmlns': namespace,
        [`${operation}Result`]: toXml(output),
        ResponseMetadata: { RequestId: requestId },
      },
    }),
  }),
  error: ({ code, message, status }, requestId) => ({
    status,
    contentType: 'text/xml',
    body: xml.build({
      ErrorResponse: {
        '@xmlns': namespace,
        Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message },
        RequestId: requestId,
      },
    }),
  }),
});

/** The form carries texts only; these members are numbers or booleans in the service's model. */
const numbers = new Set([
  'DurationSeconds',
  'HealthCheckIntervalSeconds',
  'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount',
  'Order',
  'PageSize',
  'Port',
  'Priority',
  'UnhealthyThresholdCount',
  'Weight',
]);
const booleans = new Set(['Enabled', 'HealthCheckEnabled']);

/** `Actions.member.1.Type=forward` becomes `{ Actions: [{ Type: 'forward' }] }`. */
export function parseQuery(form: URLSearchParams): Record<string, unknown> {
  const root: Branch = {};
  for (const [key, value] of form) {
    if (key === 'Action' || key === 'Version') continue;
    const path = key.split('.');
    const last = path.pop() ?? key;
    let branch = root;
    for (const part of path) {
      const next = branch[part];
      branch = typeof next === 'object' ? next : (branch[part] = {});
    }
    branch[last] = value;
  }
  return Object.fromEntries(Object.entries(root).map(([name, member]) => [name, fromForm(name, member)]));
}

interface Branch {
  [name: string]: string | Branch;
}

function fromForm(name: string, value: string | Branch): unknown {
  if (typeof value === 'string') {
    if (numbers.has(name) && value !== '') return Number(value);
    if (booleans.has(name)) return value === 'true';
    return value;
  }
  const { member } = value;
  if (typeof member !== 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fromForm(key, inner)]));
  }
  return Object.keys(member)
    .sort((a, b) => Number(a) - Number(b))
    .map((index) => fromForm('', member[index] ?? ''));
}

function toXml(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return { member: value.map(toXml) };
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, toXml(member)]),
  );
}
