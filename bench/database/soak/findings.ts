import { Tally } from './tally.js';
import type { Finding, Round } from './report.js';

/** What is known so far, of all databases together. */
export class Findings {
  readonly tally = new Tally();
  readonly rounds: Round[] = [];
  readonly divergent: Finding[] = [];
  readonly engine: Finding[] = [];
  kills = 0;
  checks = 0;

  /** Where the engine is now. */
  here(words: string): Finding {
    return { phase: this.tally.phase, round: this.tally.round, words };
  }
}
