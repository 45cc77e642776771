/** One thing sluice needs outside of itself, and what `sluice setup` found or did. */
export interface SetupItem {
  readonly name: string;
  /** `present`: nothing to do. `made`: was missing. `missing`: was only looked for. `broken`: could not be read or made. */
  readonly state: 'present' | 'made' | 'missing' | 'broken';
  /** What is there, what was made or what is missing; or why it is broken. */
  readonly detail: string;
  /** Of what is broken: what to do. */
  readonly remedy?: string;
  /** It is broken because its server does not answer. */
  readonly unreachable?: true;
  /** It is broken because of what the environment says, or does not say: no server was asked. */
  readonly misconfigured?: true;
}
