import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Eyes, takeSnapshot } from './agreement.js';
import { Engine } from './engine.js';
import type { Findings } from './findings.js';
import { Journal } from './journal.js';
import type { Random } from './random.js';
import type { Round } from './report.js';
import type { RoundPlan } from './round-plan.js';
import { type Crowd, Traffic } from './traffic.js';

export interface SceneOrder {
  /** Of a database with the tables of the first version. */
  readonly url: string;
  /** Where migrations are put; made. */
  readonly dir: string;
  /** As the first version sees them. */
  readonly first: Eyes;
  /** The next round's, given whether the last one stayed. */
  readonly plan: () => RoundPlan;
  /** A round was contracted. */
  readonly onContract: (plan: RoundPlan) => void;
  readonly rows: number;
  readonly clients: number;
  readonly actsPerSecond: number;
  readonly random: Random;
  readonly findings: Findings;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** The version that is there before and after a round. */
interface Standing {
  readonly eyes: Eyes;
  readonly crowd: Crowd;
  /** The sessions’ application_name. */
  readonly name: string;
}

/** One database whose schema changes in rounds while clients write to it. */
export class Scene {
  readonly #order: SceneOrder;
  readonly #journal: Journal;
  readonly #traffic: Traffic;
  readonly #engine: Engine;
  readonly #ends: Random;
  #standing: Standing;

  static async open(order: SceneOrder): Promise<Scene> {
    mkdirSync(order.dir, { recursive: true });
    const { random, clients, actsPerSecond, rows, url, first: eyes, findings } = order;
    const journal = new Journal(rows);
    const tally = findings.tally;
    const traffic = new Traffic({ journal, tally, random: random.fork(), clients, actsPerSecond });
    const { tables } = eyes;
    const name = 'soak-first';
    const crowd = await traffic.start({ url, name, tables, version: 'old', searchPath: 'public', onTables: true });
    return new Scene(order, { journal, traffic, standing: { eyes, crowd, name } });
  }

  private constructor(
    order: SceneOrder,
    {
      journal,
      traffic,
      standing,
    }: { readonly journal: Journal; readonly traffic: Traffic; readonly standing: Standing },
  ) {
    this.#order = order;
    this.#journal = journal;
    this.#traffic = traffic;
    this.#standing = standing;
    this.#ends = order.random.fork();
    this.#engine = new Engine({ ...order, random: order.random.fork() });
  }

  /** Ends the clients. */
  async close(): Promise<void> {
    await this.#traffic.end();
  }

  /** expand, backfill, verify, and contract or rollback. Throws `EngineStopped`. */
  async round(): Promise<void> {
    const { say, dir, signal, findings, url } = this.#order;
    const before = this.#standing;
    const plan = this.#order.plan();
    const goesOn = this.#ends.next() < 0.5;
    const kills = findings.kills;
    const start = performance.now();
    findings.tally.round += 1;
    say(`${findings.tally.round}: ${plan.name}, then ${goesOn ? 'contract' : 'rollback'}`);
    for (const { name, text } of plan.files) {
      mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
      writeFileSync(path.join(dir, name), text);
    }
    let end: Round['end'] = 'cut off';
    try {
      await this.#engine.run('expand');
      const crowd = await this.#traffic.start({
        ...{ url, name: `soak-${plan.name}`, tables: plan.unfilled.tables, version: 'new' },
        searchPath: plan.searchPath,
        onTables: plan.filled.schema === 'public',
      });
      await this.#check([before.eyes, plan.unfilled]);
      if (signal.aborted) return;
      await this.#engine.run('backfill', ['--jobs', String(1 + this.#ends.below(3))]);
      crowd.see(plan.filled.tables);
      await this.#engine.run('verify');
      await this.#check([before.eyes, plan.filled]);
      if (signal.aborted) return;
      await (goesOn ? this.#contract(before, plan, crowd) : this.#goBack(before, plan, crowd));
      end = goesOn ? 'contract' : 'rollback';
    } finally {
      const seconds = (performance.now() - start) / 1_000;
      findings.rounds.push({ name: plan.name, kinds: plan.kinds, end, kills: findings.kills - kills, seconds });
    }
  }

  async #contract(before: Standing, plan: RoundPlan, crowd: Crowd): Promise<void> {
    await before.crowd.end();
    await this.#engine.run('contract', ['--old-sessions', before.name]);
    crowd.becomeOld();
    const eyes: Eyes = { ...plan.filled, version: 'old', stricter: new Map() };
    this.#forgetBeside(eyes, before.eyes);
    this.#standing = { eyes, crowd, name: `soak-${plan.name}` };
    this.#order.onContract(plan);
    await this.#check([eyes]);
  }

  async #goBack(before: Standing, plan: RoundPlan, crowd: Crowd): Promise<void> {
    await crowd.end();
    await this.#engine.run('rollback');
    this.#forgetBeside(before.eyes, plan.filled);
    for (const { name } of plan.files) rmSync(path.join(this.#order.dir, name));
    await this.#check([before.eyes]);
  }

  /** Tables that only the version has which is gone. */
  #forgetBeside(stays: Eyes, goes: Eyes): void {
    const isThere = (table: string) => stays.tables.some((seen) => seen.table === table);
    for (const { table } of goes.tables) if (!isThere(table)) this.#journal.forget(table);
  }

  async #check(eyes: readonly Eyes[]): Promise<void> {
    const { findings, say, url } = this.#order;
    const { phase } = findings.tally;
    findings.tally.phase = 'check';
    const tables = [...new Set(eyes.flatMap((each) => each.tables.map(({ table }) => table)))];
    const [journals, snapshot] = await this.#traffic.whileStill(async () => {
      const read = tables.map((table) => this.#journal.read(table));
      return [read, await takeSnapshot(url)] as const;
    });
    try {
      const { divergent, lost } = await snapshot.compare(eyes, journals);
      for (const words of [...divergent, ...lost]) say(`after ${phase}: ${words}`);
      findings.divergent.push(...divergent.map((words) => ({ ...findings.here(words), phase })));
      findings.tally.lost.push(...lost.map((words) => ({ ...findings.here(words), phase })));
      findings.checks += 1;
    } finally {
      await snapshot.end();
    }
  }
}
