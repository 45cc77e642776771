import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { AwsClientOptions, AwsClients } from '../../activities/aws-clients.js';
import { clientsAt, startLocalServer } from '../contract/local-server.js';

/** A way to AWS on which a call can be held: it lands when it is let go, whether or not anybody still waits for it. */
export interface Wire {
  readonly clients: AwsClients;
  /** Holds every call of the operation from now on, until it is let go. */
  hold(operation: string): HeldCalls;
  /** The same, and whoever made the call sees the connection break: it does not know that the call will land. */
  loseTouch(operation: string): HeldCalls;
}

export interface HeldCalls {
  /** One has arrived here. */
  readonly begun: Promise<void>;
  /** Resolves when all of them have landed. */
  letGo(): Promise<void>;
}

/** A wire of one test. */
export async function wireTo(endpoint: string, options: Partial<AwsClientOptions> = {}): Promise<Wire> {
  const holds = new Map<string, ReturnType<typeof createHold>>();
  const server = await startLocalServer((request, response) => {
    void text(request).then(async (body) => {
      const hold = holds.get(operationOf(request, body));
      const land = () => forward(endpoint, request, body);
      const answer = hold === undefined ? land() : hold.keep(land);
      if (hold?.breaks) request.socket.destroy();
      const { status, contentType, content } = await answer;
      response.writeHead(status, { 'content-type': contentType }).end(content);
    });
  });
  onTestFinished(() => server.close());
  const keepBack = (operation: string, breaks: boolean): HeldCalls => {
    const hold = createHold(breaks, () => holds.delete(operation));
    holds.set(operation, hold);
    return hold;
  };
  return {
    clients: clientsAt(server.url, { requestTimeoutMs: 10_000, ...options }),
    hold: (operation) => keepBack(operation, false),
    loseTouch: (operation) => keepBack(operation, true),
  };
}

function createHold(breaks: boolean, end: () => void) {
  const begun = gate();
  const open = gate();
  const landings: Promise<unknown>[] = [];
  return {
    breaks,
    begun: begun.passed,
    keep<T>(land: () => Promise<T>): Promise<T> {
      const landing = open.passed.then(land);
      landings.push(landing);
      begun.pass();
      return landing;
    },
    async letGo() {
      end();
      open.pass();
      await Promise.all(landings);
    },
  };
}

function gate() {
  let pass = () => {};
  const passed = new Promise<void>((resolve) => (pass = resolve));
  return { passed, pass };
}

/** ECS and CloudWatch name it in a header, the load balancer in the form. */
function operationOf(request: IncomingMessage, body: string): string {
  const target = String(request.headers['x-amz-target'] ?? '').split('.')[1];
  return target ?? new URLSearchParams(body).get('Action') ?? '';
}

async function forward(endpoint: string, request: IncomingMessage, body: string) {
  const target = request.headers['x-amz-target'];
  const answer = await fetch(endpoint, {
    method: 'POST',
    body,
    headers: {
      'content-type': String(request.headers['content-type']),
      ...(target === undefined ? {} : { 'x-amz-target': String(target) }),
    },
  });
  return {
    status: answer.status,
    contentType: answer.headers.get('content-type') ?? '',
    content: await answer.text(),
  };
}
