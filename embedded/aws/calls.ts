const kept = 5_000;
const longestInput = 4_000;

/** One AWS call as it was seen; `outcome` is `ok` or the error code answered, `fault` the kind of fault that struck it. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  /** Region it was signed for, and role it was made as; see sts/caller.ts. */
  readonly region?: string;
  readonly roleArn?: string;
  readonly at: string;
  readonly milliseconds: number;
  readonly outcome: string;
  readonly fault?: string;
  readonly input: unknown;
}

export interface CallLog {
  add(call: Call): void;
  /** Oldest first, at most the last 5,000. */
  list(): Call[];
  clear(): void;
}

export function createCallLog(): CallLog {
  let calls: Call[] = [];
  return {
    add(call) {
      calls.push({ ...call, input: summary(call.input) });
      if (calls.length > kept * 2) calls = calls.slice(-kept);
    },
    list: () => calls.slice(-kept),
    clear() {
      calls = [];
    },
  };
}

function summary(input: unknown): unknown {
  const text = JSON.stringify(input) ?? '';
  return text.length > longestInput ? { truncated: text.slice(0, longestInput) } : input;
}
