import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Copy, DockerfileParser } from 'dockerfile-ast';
import { packageRoot } from '../../embedded/package-root.js';

export interface Stage {
  /** With its tag. */
  readonly image: string;
  readonly name: string | undefined;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly keyword: string;
  /** Without flags, continued lines joined. */
  readonly text: string;
  /** The stage a COPY takes its files from; the build context when there is none. */
  readonly from: string | undefined;
}

/** The stages of deploy/Dockerfile. */
export function readStages(): readonly Stage[] {
  const text = readFileSync(path.join(packageRoot, 'deploy', 'Dockerfile'), 'utf8');
  const dockerfile = DockerfileParser.parse(text);
  const stages: { image: string; name: string | undefined; steps: Step[] }[] = [];
  for (const instruction of dockerfile.getInstructions()) {
    const from = dockerfile.getFROMs()[stages.length];
    if (instruction.getKeyword() === 'FROM') {
      stages.push({ image: from?.getImage() ?? '', name: from?.getBuildStage() ?? undefined, steps: [] });
    } else {
      stages.at(-1)?.steps.push({
        keyword: instruction.getKeyword(),
        text: instruction.getArgumentsContent() ?? '',
        from: instruction instanceof Copy ? (instruction.getFromFlag()?.getValue() ?? undefined) : undefined,
      });
    }
  }
  return stages;
}
