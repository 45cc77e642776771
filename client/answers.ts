import { type ReleaseRef, laneName } from '../domain/lane.js';
import type { Gate, GateAnswer, ReleaseStatus } from '../domain/release-state.js';

/** The commands that answer a gate, to be run as they are: whoever reads them hours later meets that gate or none. */
export function answerCommands(release: ReleaseRef, gate: Gate): readonly string[] {
  const name = `${laneName(release.lane)}/${release.version}`;
  return gate.answers.map((answer) => `sluice ${answer} ${name}${optionsOf(answer, gate.name)}`);
}

function optionsOf(answer: GateAnswer, gate: string): string {
  const named = /^[\w./-]+$/.test(gate) ? ` --gate ${gate}` : ` --gate "${gate}"`;
  switch (answer) {
    case 'approve':
    case 'retry':
      return named;
    case 'skip':
      return `${named} --reason "why"`;
    case 'abort':
      return ' --reason "why"';
  }
}

/** Why an answer changes nothing yet; nothing holds a contract that was begun, nor the way back. */
export function heldBy(release: ReleaseRef, status: ReleaseStatus | undefined): readonly string[] {
  const { paused, goingBack, gate } = status ?? {};
  if (paused === undefined || goingBack || gate?.name === 'contract') return [];
  const resume = `sluice resume ${laneName(release.lane)}/${release.version}`;
  return [`It is paused by ${paused.actor}: it holds until \`${resume}\`.`];
}
