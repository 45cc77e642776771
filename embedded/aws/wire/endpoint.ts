import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AwsError } from '../aws-error.js';
import type { Log } from '../log.js';
import type { Dispatch } from './dispatch.js';
import { jsonProtocol } from './json.js';
import { callerOf } from '../sts/caller.js';
import type { StsStore } from '../sts/store.js';
import type { AwsCall, Protocol, WireAnswer } from './protocol.js';
import { parseQuery, queryProtocol } from './query.js';

export interface EndpointDeps {
  readonly dispatch: Dispatch;
  readonly sts: StsStore;
  /** Everything that is not an AWS call: `/_simulator/...`, `/metrics`. */
  readonly admin: (method: string, path: string, body: string) => Promise<WireAnswer>;
  readonly log: Log;
}

/** The one HTTP endpoint of the control plane. The protocol is told by the target header, else by the content type. */
export function createEndpoint({ dispatch, sts, admin, log }: EndpointDeps): Server {
  return createServer(patience, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      log('call failed inside the simulator', { error: error instanceof Error ? error.stack : String(error) });
      if (!response.headersSent) response.writeHead(500);
      response.end(`The simulator itself failed: ${String(error)}\n`);
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const path = new URL(request.url ?? '/', 'http://simulator').pathname;
    if (request.method !== 'POST' || path !== '/') {
      send(response, await admin(request.method ?? 'GET', path, body));
      return;
    }
    const requestId = randomUUID();
    response.setHeader('x-amzn-requestid', requestId);
    const { protocol, call } = recognise(request, body);
    if (call instanceof AwsError) {
      send(response, protocol.error(call, requestId));
      return;
    }
    const caller = identify(request);
    if (caller instanceof AwsError) {
      send(response, protocol.error(caller, requestId));
      return;
    }
    const result = await dispatch({ ...call, caller });
    switch (result.kind) {
      case 'answer':
        return send(response, protocol.answer(call.operation, result.output, requestId));
      case 'error':
        return send(response, protocol.error(result.error, requestId));
      case 'silence': {
        const cut = setTimeout(() => request.socket.destroy(), result.milliseconds);
        request.socket.once('close', () => clearTimeout(cut));
      }
    }
  }

  function identify(request: IncomingMessage) {
    try {
      return callerOf(request.headers, sts);
    } catch (error) {
      if (error instanceof AwsError) return error;
      throw error;
    }
  }
}

/**
 * The SDK uses a connection again after it has idled, and may do so just when Node's default of 5 s cuts it: then an answer
 * is lost that AWS would have given. Node wants the limit of the head above it.
 */
const patience = { keepAliveTimeout: 60_000, headersTimeout: 65_000 };

/** The APIs that speak AWS Query, by version: the form names no service. */
const queryApis = {
  '2015-12-01': {
    service: 'elasticloadbalancing',
    protocol: queryProtocol('http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/'),
  },
  '2011-06-15': { service: 'sts', protocol: queryProtocol('https://sts.amazonaws.com/doc/2011-06-15/') },
} as const;

function recognise(request: IncomingMessage, body: string): { protocol: Protocol; call: AwsCall | AwsError } {
  const [prefix, operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
  if (prefix === 'AmazonEC2ContainerServiceV20141113') {
    return { protocol: jsonProtocol('1.1'), call: jsonCall('ecs', operation, body) };
  }
  if (prefix === 'GraniteServiceVersion20100801') {
    return { protocol: jsonProtocol('1.0'), call: jsonCall('cloudwatch', operation, body) };
  }
  const form = new URLSearchParams(body);
  const action = form.get('Action');
  const version = form.get('Version') ?? '';
  const api = Object.hasOwn(queryApis, version) ? queryApis[version as keyof typeof queryApis] : undefined;
  const { protocol } = api ?? queryApis['2015-12-01'];
  if (action === null) return { protocol, call: new AwsError('MissingAction', 'No Action was given.') };
  if (api === undefined) {
    const message = `Could not find operation ${action} for version ${version}`;
    return { protocol, call: new AwsError('InvalidAction', message) };
  }
  return { protocol, call: { service: api.service, operation: action, input: parseQuery(form) } };
}

function jsonCall(service: 'ecs' | 'cloudwatch', operation: string, body: string): AwsCall | AwsError {
  try {
    const input: unknown = body === '' ? {} : JSON.parse(body);
    if (input !== null && typeof input === 'object') return { service, operation, input: { ...input } };
  } catch {
    // Told below: AWS has one code for everything it cannot read.
  }
  return new AwsError('SerializationException', 'The request body is not a JSON object.');
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, { status, contentType, body }: WireAnswer): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }).end(body);
}
