import { describeState } from '../domain/change-text.js';
import type { Change, ChangeKind } from '../domain/effect.js';
import type { ReleaseRef } from '../domain/lane.js';

export type ChangeOf<K extends ChangeKind> = Extract<Change, { kind: K }>;

/** Brings one kind of resource into a wanted state. The same verbs serve an effect and its undo. */
export interface Actuator<C extends Change> {
  /**
   * Acting on what already is as wanted changes nothing. Then a comparison, which may be made with a stale answer, never
   * saves the act. Where an act is not repeatable, the comparison is what keeps it from being done twice.
   */
  readonly repeatable: boolean;
  /** The state the resource is in now. */
  observe(change: C, context: ActContext): Promise<C['state']>;
  /** Whether what was found counts as what is wanted. */
  holds(wanted: C['state'], found: C['state']): boolean;
  /** Acts once; the caller compares first and reads back after. */
  act(change: C, found: C['state'], context: FencedContext): Promise<void>;
}

export interface FencedContext extends ActContext {
  /** `fenced` when a later generation has taken over. Ask it again after anything slow, right before the changing call. */
  readonly fence: () => Promise<void>;
}

export interface ActContext {
  readonly release: ReleaseRef;
  /** The generation the act belongs to; an actuator that acts for long checks it again on its way. */
  readonly generation: number;
  readonly signal: AbortSignal;
  readonly onProgress: (detail: string) => void;
}

export type Actuators = { readonly [K in ChangeKind]: Actuator<ChangeOf<K>> };

type State = Change['state'];

/** An actuator with its change already given, so that the effect function need not know the kind. */
export interface BoundActuator {
  readonly repeatable: boolean;
  observe(context: ActContext): Promise<State>;
  holds(wanted: State, found: State): boolean;
  act(found: State, context: FencedContext): Promise<void>;
  /** A state of its resource, for a person. */
  describe(state: State): string;
}

export function bindActuator(actuators: Actuators, change: Change): BoundActuator {
  switch (change.kind) {
    case 'revision':
      return bind(actuators.revision, change);
    case 'service':
      return bind(actuators.service, change);
    case 'traffic':
      return bind(actuators.traffic, change);
    case 'schema':
      return bind(actuators.schema, change);
    case 'rights':
      return bind(actuators.rights, change);
  }
}

function bind<C extends Change>(actuator: Actuator<C>, change: C): BoundActuator {
  return {
    repeatable: actuator.repeatable,
    observe: (context) => actuator.observe(change, context),
    holds: (wanted, found) => actuator.holds(wanted, found),
    act: (found, context) => actuator.act(change, found, context),
    describe: (state) => describeState({ ...change, state } as Change),
  };
}
