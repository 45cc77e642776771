import { quantile } from '../../figure.js';
import type { FailedStatement, Finding, Latency, SoakReport } from './report.js';

export type Version = 'old' | 'new';

/** Counts the statements of the service, by what the engine was doing when they began. */
export class Tally {
  /** What the engine is doing. */
  phase = 'before';
  /** Of the engine’s work that goes on. */
  round = 0;
  readonly statements: Record<Version, number> = { old: 0, new: 0 };
  readonly failures: FailedStatement[] = [];
  readonly lost: Finding[] = [];
  readonly #took = new Map<string, number[]>();
  #longest: SoakReport['stall'] = null;

  /** Call what it gives when the answer is there. */
  begin(version: Version, statement: string): () => void {
    const { phase, round } = this;
    this.statements[version] += 1;
    const start = performance.now();
    return () => {
      const ms = performance.now() - start;
      const took = this.#took.get(phase) ?? [];
      this.#took.set(phase, took);
      took.push(ms);
      if (ms > (this.#longest?.ms ?? -1)) this.#longest = { ms, phase, round, version, statement };
    };
  }

  failed(failure: Omit<FailedStatement, 'phase' | 'round'>): void {
    this.failures.push({ ...failure, phase: this.phase, round: this.round });
  }

  /** What was acknowledged and not there when it was read. */
  misread(words: string): void {
    this.lost.push({ phase: this.phase, round: this.round, words });
  }

  get longest(): SoakReport['stall'] {
    return this.#longest;
  }

  latencies(): readonly Latency[] {
    return [...this.#took].map(([phase, took]) => ({
      phase,
      statements: took.length,
      p50: quantile(took, 0.5),
      p99: quantile(took, 0.99),
      max: quantile(took, 1),
    }));
  }
}
