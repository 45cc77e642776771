import type { Version } from './tally.js';

/** What a soak has seen. */
export interface SoakReport {
  readonly seed: number;
  readonly minutes: number;
  readonly rows: number;
  readonly rounds: readonly Round[];
  /** Of the service, by the version that sent them. */
  readonly statements: Readonly<Record<Version, number>>;
  readonly failed: readonly FailedStatement[];
  /** Rows whose forms say different things. */
  readonly divergent: readonly Finding[];
  /** Writes that were acknowledged and are not there. */
  readonly lost: readonly Finding[];
  /** Commands of the engine that did not end as they should. */
  readonly engine: readonly Finding[];
  /** How often all rows were looked at. */
  readonly checks: number;
  /** SIGKILLs that hit a command of the engine. */
  readonly kills: number;
  /** The statement that took longest. */
  readonly stall: Stall | null;
  /** Milliseconds of statements, by what the engine was doing when they began. */
  readonly latencies: readonly Latency[];
}

export interface Round {
  readonly name: string;
  readonly kinds: readonly string[];
  readonly end: 'contract' | 'rollback' | 'cut off';
  readonly kills: number;
  readonly seconds: number;
}

export interface FailedStatement {
  readonly phase: string;
  readonly round: number;
  readonly version: Version;
  readonly sqlstate: string;
  readonly message: string;
  readonly statement: string;
}

export interface Finding {
  readonly phase: string;
  readonly round: number;
  readonly words: string;
}

export interface Stall {
  readonly ms: number;
  readonly phase: string;
  readonly round: number;
  readonly version: Version;
  readonly statement: string;
}

export interface Latency {
  readonly phase: string;
  readonly statements: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Every promise that was broken, each a sentence; a soak in which nothing was tried has shown nothing. */
export function brokenPromises(report: SoakReport): readonly string[] {
  const { failed, divergent, lost, engine, statements, checks, rounds } = report;
  const whole = rounds.filter(({ end }) => end !== 'cut off').length;
  return [
    ...(failed.length > 0 ? [`${failed.length} statements of the service failed`] : []),
    ...(divergent.length > 0 ? [`the old and the new form of rows differed in ${divergent.length} checks`] : []),
    ...(lost.length > 0 ? [`acknowledged writes were lost, found ${lost.length} times`] : []),
    ...(engine.length > 0 ? [`${engine.length} commands of the engine did not end as they should`] : []),
    ...(whole === 0 ? ['no round came to its end: nothing was shown'] : []),
    ...(checks === 0 ? ['the rows were never looked at: nothing was shown'] : []),
    ...(['old', 'new'] as const)
      .filter((version) => !(statements[version] > 0))
      .map((version) => `the ${version} version sent no statement: nothing was shown`),
  ];
}
