/** How a request ended, as the shopper saw it. */
export type Answer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** The x-shop-version header; undefined when whoever answered was not the shop. */
      readonly version: string | undefined;
      readonly body: unknown;
    }
  | { readonly kind: 'unanswered'; readonly reason: string };

export type Judgement =
  | { readonly kind: 'fine' }
  /** The shop itself answered, in the way of a version known to be bad. */
  | { readonly kind: 'bad-version'; readonly version: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** A shopper expects 2xx and nothing else; a 5xx of a version that was sent in to be caught is kept apart. */
export function judge(answer: Answer, badVersions: ReadonlySet<string>): Judgement {
  if (answer.kind === 'unanswered') return { kind: 'failed', reason: answer.reason };
  const { status, version } = answer;
  if (status >= 200 && status < 300) return { kind: 'fine' };
  if (status >= 500 && version !== undefined && badVersions.has(version)) return { kind: 'bad-version', version };
  return { kind: 'failed', reason: `status ${status}` };
}
