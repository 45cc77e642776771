import type { z } from 'zod';
import { splitStatements } from '../sql-statements.js';
import { unsafeReason } from '../unsafe-statements.js';
import { flag, mapping, sql } from './body-schema.js';
import type { Cut, OperationKind, OperationProblem } from './operation.js';

const schema = mapping(
  {
    up: sql('SQL statements'),
    down: sql('SQL statements that take back what up does').optional(),
    onComplete: flag('whether up is run at contract').optional(),
  },
  'up',
);
type Body = z.output<typeof schema>;

export const rawSql: OperationKind<Body> = {
  name: 'sql',
  manual: {
    purpose:
      'Runs SQL as it stands there. Nothing is known of it: neither what it locks, nor whether the old version gets on with what it does. Its locks are tried for like all others, a moment at a time.',
    expand: {
      does: 'runs `up` in a transaction of its own; with `onComplete` nothing',
      locks: 'what its statements lock',
    },
    contract: {
      does: 'with `onComplete` runs `up`: where no operation before it in the file changes anything, before everything else, with both versions whole if it fails; behind one that does, at the end, where it finds the names of the new version',
      locks: 'what its statements lock',
    },
    rollback: { does: 'runs `down`, where `up` has run', locks: 'what its statements lock' },
    loses: 'what `down` does not bring back; without it nothing is taken back',
  },
  schema,
  isAlone: ({ onComplete }) => onComplete !== true,
  check: (body) => [
    ...refuseUnsafe(body, 'up'),
    ...refuseUnsafe(body, 'down'),
    ...(body.onComplete === true && body.down !== undefined
      ? [
          {
            path: ['down'],
            message: 'expected no down together with onComplete, found one: nothing goes back after contract',
          },
        ]
      : []),
  ],
  plan({ up, down, onComplete }, { catalogue, before }) {
    if (onComplete === true) {
      const cuts: readonly Cut[] = [{ do: 'cut', statements: [up] }];
      return {
        after: catalogue,
        verdict: { goingBack: 'safe', loses: 'nothing' },
        // It may name what an operation before it makes; where there is none, it fails before anything of the old version goes.
        contract: catalogue === before ? { prepare: cuts } : { cut: cuts },
      };
    }
    return {
      after: 'read-again',
      verdict:
        down === undefined
          ? { goingBack: 'irreversible', loses: 'nothing, and leaves all that up did: there is no down' }
          : { goingBack: 'safe', loses: 'what up did and down does not bring back' },
      expand: [{ do: 'cut', statements: [up] }],
      rollback: down === undefined ? [] : [{ do: 'cut', statements: [down] }],
    };
  },
};

/** What cannot be part of a transaction, or would end it. */
function refuseUnsafe(body: Body, key: 'up' | 'down'): readonly OperationProblem[] {
  return splitStatements(body[key] ?? '').flatMap((statement) => {
    const reason = unsafeReason(statement);
    return reason === undefined ? [] : [{ path: [key], message: reason }];
  });
}
