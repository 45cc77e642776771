import { setTimeout as sleep } from 'node:timers/promises';
import { type ActContext, type Actuators, type BoundActuator, bindActuator } from './actuator.js';
import type { CrashAt } from './crash-point.js';
import type { EffectOutcome, MeterEffect } from './effect-meter.js';
import { refuseDrift } from './drift.js';
import type { Ledger } from './ledger/ledger.js';
import type { Change } from '../domain/effect.js';
import { ReleaseError } from '../domain/failure.js';

export interface EffectTools {
  readonly ledger: Ledger;
  readonly actuators: Actuators;
  readonly crash: CrashAt;
  readonly meter: MeterEffect;
}

export interface EffectOrder {
  /** Unique within the release: `shift/5`. */
  readonly name: string;
  readonly change: Change;
  /** What we believe the resource is in. Anything else is drift, which halts instead of acting. */
  readonly believed?: Change['state'];
}

/**
 * The one way to change the world: write the intent with the saved pre-state, check the generation, act, read back,
 * write the outcome. Twice is the same as once, and a process may die at any of the four crash points: what is in the
 * ledger is enough for the next attempt, and for the way back.
 *
 * Errors: `fenced`, `traffic-drift`, `not-in-effect`, and what the actuator throws.
 */
export function applyEffect(tools: EffectTools, order: EffectOrder, context: ActContext): Promise<EffectOutcome> {
  return tools.meter(order, () => attempt(tools, order, context));
}

async function attempt(tools: EffectTools, order: EffectOrder, context: ActContext): Promise<EffectOutcome> {
  const { ledger, crash } = tools;
  const { name, change } = order;
  const actuator = bindActuator(tools.actuators, change);

  let found = await actuator.observe(context);
  const known = await ledger.findEffect(context.release, name);
  if (known?.status === 'done' && actuator.holds(change.state, found)) return 'held';
  if (order.believed !== undefined) {
    // Once the intent is written, the state may be either side of the act; on all others somebody else has been there.
    // That it is the wanted one already is drift as well: without an intent of ours, somebody else has set it.
    const ours = known?.status === 'intent' ? [known.before.state, change.state] : [order.believed];
    found = await refuseDrift({ ...actuator, observe: () => actuator.observe(context) }, ours, found);
  }
  if (known === undefined) {
    crash(name, 'before-intent');
    // The pre-state must be in the ledger before anything moves: after a crash the world no longer shows it.
    await ledger.recordIntent(context.release, {
      name,
      generation: context.generation,
      change,
      before: { ...change, state: found } as Change,
    });
  }
  crash(name, 'after-intent');

  const acts = actuator.repeatable || !actuator.holds(change.state, found);
  if (acts) {
    const fence = () => ledger.checkGeneration(context.release.lane, context.generation);
    await fence();
    await actuator.act(found, { ...context, fence });
    crash(name, 'after-act');
    await readBack(actuator, change, context);
  }
  await ledger.recordOutcome(context.release, name, 'done');
  crash(name, 'after-outcome');
  return acts ? 'done' : 'held';
}

const readBackAttempts = 10;
const readBackPauseMs = 200;

/** The platform may answer from a stale copy for a while; an effect counts only when it was seen. */
async function readBack(actuator: BoundActuator, change: Change, context: ActContext): Promise<void> {
  let found = await actuator.observe(context);
  for (let attempt = 1; !actuator.holds(change.state, found); attempt++) {
    if (attempt === readBackAttempts) {
      throw new ReleaseError(
        'not-in-effect',
        `wanted ${actuator.describe(change.state)}, read back ${actuator.describe(found)} ${attempt} times`,
      );
    }
    await sleep(readBackPauseMs);
    found = await actuator.observe(context);
  }
}
