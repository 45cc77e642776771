import { type CommandOrder, runCommand } from './engine-command.js';
import type { Findings } from './findings.js';
import type { Random } from './random.js';

/** A command did not end as it should: there is no going on. */
export class EngineStopped extends Error {}

export interface EngineOrder {
  readonly url: string;
  readonly dir: string;
  readonly findings: Findings;
  readonly random: Random;
  readonly say: (line: string) => void;
}

/** The engine's commands on one database, killed some of the times and started again. */
export class Engine {
  readonly #order: EngineOrder;
  /** What a command takes that nobody kills, in milliseconds. */
  readonly #took = new Map<string, number>();

  constructor(order: EngineOrder) {
    this.#order = order;
  }

  /** Throws `EngineStopped` when it does not do it. */
  async run(verb: CommandOrder['verb'], more: readonly string[] = []): Promise<void> {
    const { dir, url, say, findings, random } = this.#order;
    findings.tally.phase = verb;
    for (let attempt = 0; ; attempt++) {
      const isKilled = attempt < 2 && random.next() < (verb === 'backfill' ? 0.6 : 0.3);
      const killAfter = isKilled ? 300 + random.next() * (this.#took.get(verb) ?? 1_500) : undefined;
      const start = performance.now();
      const ended = await runCommand({ verb, dir, url, more, ...(killAfter === undefined ? {} : { killAfter }) });
      const took = performance.now() - start;
      if (ended.killed) {
        findings.kills += 1;
        say(`  ${verb} killed after ${Math.round(took)} ms`);
        continue;
      }
      if (ended.exitCode === 0) {
        if (attempt === 0) this.#took.set(verb, took);
        return;
      }
      const words = `${verb} ended with ${ended.exitCode}: ${ended.words}`;
      say(words);
      findings.engine.push(findings.here(words));
      throw new EngineStopped(words);
    }
  }
}
