import { hostname, userInfo } from 'node:os';

/** Who a CI system says started the job, by the variables of the system. */
const ciActors: readonly (readonly [system: string, variable: string])[] = [
  ['github', 'GITHUB_ACTOR'],
  ['gitlab', 'GITLAB_USER_LOGIN'],
  ['buildkite', 'BUILDKITE_BUILD_CREATOR'],
  ['circleci', 'CIRCLE_USERNAME'],
  ['azure', 'BUILD_REQUESTEDFOR'],
  ['jenkins', 'BUILD_USER_ID'],
];

/**
 * Who acts, for the audit trail: what was said with `--actor`, `SLUICE_ACTOR`, the CI system's word (`github:ann`), or
 * `<user>@<host>`. A claim, not a proof: who may call Temporal at all is Temporal's to check.
 */
export function resolveActor(said: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  const explicit = said?.trim() || env.SLUICE_ACTOR?.trim();
  if (explicit) return explicit;
  for (const [system, variable] of ciActors) if (env[variable]) return `${system}:${env[variable]}`;
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The user id of a container may have no name.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
