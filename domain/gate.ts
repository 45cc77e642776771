import type { Gate, GateAnswer } from './release-state.js';

/** What comes of an answer at the gate of that name, after an "it": `goes back if no statement of contract has run, …`. */
export function effectOfAnswer(gate: string, answer: GateAnswer): string {
  switch (answer) {
    case 'approve':
      return gate === 'begin contract'
        ? 'begins contract, the point of no return'
        : `takes your word for the evidence at ${gate}, and goes on`;
    case 'retry':
      return retried(gate);
    case 'skip':
      return `${skipped(gate)}; the release ends needs-operator, since nobody has proven it`;
    case 'abort':
      return gate === 'contract'
        ? 'goes back if no statement of contract has run, and finishes contract otherwise'
        : 'gives the old colour all traffic, and undoes the rest';
  }
}

/** All that may be said at a gate, and what comes of each: the same words wherever somebody is asked. */
export function describeAnswers({ name, answers }: Pick<Gate, 'name' | 'answers'>): string {
  return answers.map((answer) => `\`${answer}\` ${effectOfAnswer(name, answer)}`).join('. ');
}

function retried(gate: string): string {
  if (gate === 'end of contract')
    return 'gives back what rights are away, and writes down that contract was run by hand';
  if (gate === 'end of soft contract') return 'gives back what rights are away, and goes on to contract';
  if (gate === 'contract') return 'runs what is left of contract, the same files, again';
  if (gate === 'wait for who is kept out') return 'takes the rights away where they are not, and waits anew';
  if (gate.startsWith('canary ')) return 'bakes and judges once more';
  if (gate.startsWith('bake ')) return 'bakes anew, and goes on if the rule is as it was left';
  if (isOfRule(gate)) return `tries ${gate} again, and goes on if the rule is as it was left`;
  if (isWait(gate)) return 'waits once more';
  return `tries ${gate} again`;
}

function skipped(gate: string): string {
  if (isWait(gate)) return 'takes your word that nothing is left to wait for, and goes on';
  if (gate === 'soft contract') return 'gives back what rights are away, and goes on to contract without having tried';
  if (gate === 'end of contract' || gate === 'end of soft contract')
    return 'takes your word that the rights are back, and goes on';
  const done = gate === 'contract' ? 'contract was run by hand' : `${gate} is done by hand`;
  return `takes your word that ${done}, and goes on`;
}

function isOfRule(gate: string): boolean {
  return gate.startsWith('shift/') || gate === 'cut-over' || gate === 'retire';
}

function isWait(gate: string): boolean {
  return gate.startsWith('await ') || gate === 'prove old version gone';
}
