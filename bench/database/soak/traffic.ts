import { setTimeout as sleep } from 'node:timers/promises';
import { act, type Actor } from './act.js';
import type { Journal } from './journal.js';
import type { Random } from './random.js';
import { openSession, type Session, StatementFailed } from './session.js';
import type { SeenTable } from './shop.js';
import type { Tally, Version } from './tally.js';

/** Clients of one version. */
export interface Crowd {
  /** What they see from their next act on. */
  see(tables: readonly SeenTable[]): void;
  /** They go on, as the ones that came before. */
  becomeOld(): void;
  end(): Promise<void>;
}

export interface CrowdOrder {
  readonly url: string;
  /** The sessions’ application_name. */
  readonly name: string;
  readonly version: Version;
  readonly searchPath: string;
  /** Statements prepared as `select *` break on a table itself, not on views. */
  readonly onTables: boolean;
  readonly tables: readonly SeenTable[];
}

export interface TrafficOrder {
  readonly journal: Journal;
  readonly tally: Tally;
  readonly random: Random;
  readonly clients: number;
  /** Of each client, what it does at a time being one or several statements. */
  readonly actsPerSecond: number;
}

/** Everything clients do, and a way to have them hold still for a moment. */
export class Traffic {
  readonly #order: TrafficOrder;
  #gate: Promise<void> | undefined;
  #acting = 0;
  #still: (() => void) | undefined;
  readonly #crowds = new Set<Crowd>();

  constructor(order: TrafficOrder) {
    this.#order = order;
  }

  async start(crowd: CrowdOrder): Promise<Crowd> {
    const { clients, tally } = this.#order;
    const state = { tables: crowd.tables, version: crowd.version, ended: false };
    const sessions = await Promise.all(
      Array.from({ length: clients }, () => openSession({ ...crowd, version: () => state.version }, tally)),
    );
    const loops = sessions.map((session) => this.#loop(session, crowd, state));
    const begun: Crowd = {
      see: (tables) => void (state.tables = tables),
      becomeOld: () => void (state.version = 'old'),
      end: async () => {
        state.ended = true;
        this.#crowds.delete(begun);
        await Promise.all(loops);
        await Promise.all(sessions.map((session) => session.end()));
      },
    };
    this.#crowds.add(begun);
    return begun;
  }

  async end(): Promise<void> {
    await Promise.all([...this.#crowds].map((crowd) => crowd.end()));
  }

  /** Runs `look` while no act is under way. */
  async whileStill<T>(look: () => Promise<T>): Promise<T> {
    let open = () => {};
    this.#gate = new Promise((resolve) => (open = resolve));
    try {
      if (this.#acting > 0) await new Promise<void>((resolve) => (this.#still = resolve));
      return await look();
    } finally {
      this.#gate = undefined;
      open();
    }
  }

  async #loop(session: Session, { onTables }: CrowdOrder, state: { tables: readonly SeenTable[]; ended: boolean }) {
    const { journal, actsPerSecond } = this.#order;
    const random = this.#order.random.fork();
    const actor: Actor = { session, journal, random, onTables };
    for (; !state.ended;) {
      await this.#gate;
      if (state.ended) return;
      this.#acting += 1;
      try {
        await act(actor, state.tables);
      } catch (error) {
        if (!(error instanceof StatementFailed)) throw error;
      } finally {
        this.#acting -= 1;
        if (this.#acting === 0) this.#still?.();
      }
      await sleep((1_000 / actsPerSecond) * (0.5 + random.next()));
    }
  }
}
