import { AwsError } from './aws-error.js';
import type { CallLog } from './calls.js';
import type { Image, Registry } from './ecs/image.js';
import type { EcsStore, Task } from './ecs/store.js';
import type { TaskRunner } from './ecs/task-runner.js';
import { type Faults, parseFault } from './faults.js';
import type { Saturation } from './saturation.js';
import type { StsStore } from './sts/store.js';
import type { WireAnswer } from './wire/protocol.js';

export interface AdminDeps {
  readonly ecs: EcsStore;
  readonly runner: TaskRunner;
  readonly registry: Registry;
  readonly sts: StsStore;
  readonly faults: Faults;
  readonly calls: CallLog;
  readonly saturation: () => Saturation;
  readonly metricsText: () => Promise<string>;
}

type Body = Record<string, unknown>;

/** The simulator's own side of the endpoint, which AWS does not have: `/_simulator/...` and `/metrics`. */
export function createAdmin(deps: AdminDeps): (method: string, path: string, body: string) => Promise<WireAnswer> {
  const { ecs, runner, registry, sts, faults, calls } = deps;
  const routes: Record<string, (body: Body) => unknown> = {
    'PUT /_simulator/images': (body) => registry.putImage(parseImage(body)),
    'PUT /_simulator/secrets': (body) => registry.putSecrets(textsOf('secrets', body)),
    'PUT /_simulator/external-ids': (body) => {
      for (const [roleArn, externalId] of Object.entries(textsOf('external ids', body))) {
        sts.externalIds.set(roleArn, externalId);
      }
    },
    'GET /_simulator/faults': () => faults.list(),
    'POST /_simulator/faults': (body) => {
      const { fault, times } = parseFault(body);
      faults.arm(fault, times);
    },
    'DELETE /_simulator/faults': () => faults.clear(),
    'GET /_simulator/calls': () => calls.list(),
    'DELETE /_simulator/calls': () => calls.clear(),
    'GET /_simulator/saturation': () => deps.saturation(),
    'GET /_simulator/tasks': () =>
      [...ecs.tasks.values()].map((task) => ({ ...task, pid: runner.process(task.id)?.pid })),
  };
  const taskRoutes: Record<string, (task: Task) => unknown> = {
    'GET log': (task) => runner.process(task.id)?.log() ?? [],
    'POST kill': (task) => runner.process(task.id)?.signal('SIGKILL'),
  };

  return async (method, path, body) => {
    if (method === 'GET' && path === '/metrics') {
      return { status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: await deps.metricsText() };
    }
    const route = routes[`${method} ${path}`] ?? taskRoute(method, path);
    if (route === undefined) {
      return json(404, { error: `Nothing answers ${method} ${path}; ask for ${Object.keys(routes).join(', ')}` });
    }
    try {
      return json(200, (await route(parseBody(body))) ?? {});
    } catch (error) {
      if (error instanceof AwsError) return json(404, { error: error.message });
      return json(400, { error: error instanceof Error ? error.message : String(error) });
    }
  };

  function taskRoute(method: string, path: string): (() => unknown) | undefined {
    const [, id = '', verb = ''] = /^\/_simulator\/tasks\/([0-9a-f]+)\/(\w+)$/.exec(path) ?? [];
    const handle = taskRoutes[`${method} ${verb}`];
    if (handle === undefined) return undefined;
    return () => {
      const task = [...ecs.tasks.values()].find((candidate) => candidate.id === id);
      if (task === undefined) throw new AwsError('NotFound', `No task has the id ${id}.`);
      return handle(task);
    };
  }
}

function json(status: number, body: unknown): WireAnswer {
  return { status, contentType: 'application/json', body: JSON.stringify(body) };
}

function parseBody(body: string): Body {
  if (body === '') return {};
  const parsed: unknown = JSON.parse(body);
  if (parsed !== null && typeof parsed === 'object') return { ...parsed };
  throw new Error('The body must be a JSON object.');
}

function parseImage(body: Body): Image {
  const { digest, command, environment = {}, workingDirectory } = body;
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new Error(`"digest" must be sha256: and 64 hexadecimal digits; found ${JSON.stringify(digest)}`);
  }
  if (!Array.isArray(command) || command.length === 0 || !command.every((part) => typeof part === 'string')) {
    throw new Error(`"command" must be a list of texts, the program first; found ${JSON.stringify(command)}`);
  }
  if (workingDirectory !== undefined && typeof workingDirectory !== 'string') {
    throw new Error(`"workingDirectory" must be a text; found ${JSON.stringify(workingDirectory)}`);
  }
  return {
    digest,
    command,
    environment: textsOf('environment', environment),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
  };
}

function textsOf(what: string, value: unknown): Record<string, string> {
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value);
    if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
      return Object.fromEntries(entries);
    }
  }
  throw new Error(`${what} must be an object of texts; found ${JSON.stringify(value)}`);
}
