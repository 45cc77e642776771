/** Who may be taken on, and who has been. */
export interface StsStore {
  /** Role ARN → the external id its trust policy asks for. A role that is not in here can be taken on by everybody. */
  readonly externalIds: Map<string, string>;
  /** By access key id. */
  readonly sessions: Map<string, Session>;
}

export interface Session {
  readonly roleArn: string;
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export function createStsStore(): StsStore {
  return { externalIds: new Map(), sessions: new Map() };
}
