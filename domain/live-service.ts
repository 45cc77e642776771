import { type Colour, otherColour } from './colour.js';
import type { RuleFacts, ServiceFacts, TargetGroupFacts } from './doctor/facts.js';
import type { AwsRequest } from './release-request.js';

/** A service as it runs before it was ever released by sluice, named by who asks. */
export interface LiveServiceQuestion {
  readonly cluster: string;
  /** Name of the ECS service. */
  readonly service: string;
  /** The rule that sends it its traffic. */
  readonly ruleArn: string;
  /** Where it is, and as whom it is looked at; what is not named is the worker's own. */
  readonly aws?: AwsRequest;
}

/** What a first manifest is written from. No value that looks like a secret is in it. */
export interface LiveService {
  readonly service: ServiceFacts;
  readonly rule: RuleFacts;
  /** Rules asked before that one, which forward to one of its target groups when a header matches. */
  readonly testRules: readonly RuleFacts[];
  /** Those of the rule. */
  readonly targetGroups: readonly TargetGroupFacts[];
  /** Where the listener answers: `https://shop.example.com`. */
  readonly address: string;
  readonly names: ColourNames;
  /** The other colour's service is there already. */
  readonly otherExists: boolean;
}

export interface ColourNames extends Readonly<Record<Colour, string>> {
  /** The colour of the service that runs. */
  readonly live: Colour;
  /** Without its colour. */
  readonly plain: string;
}

const colourWord = /(^|[-_])(blue|green)(?=$|[-_])/;

/** `shop-blue` is blue beside `shop-green`; a name without a colour is blue, and its other one gets `-green`. */
export function colourNames(service: string): ColourNames {
  const word = colourWord.exec(service)?.[2];
  if (word !== 'blue' && word !== 'green') {
    return { blue: service, green: `${service}-green`, live: 'blue', plain: service };
  }
  const other = service.replace(colourWord, `$1${otherColour(word)}`);
  const plain = service.replace(colourWord, '').replace(/^[-_]/, '') || service;
  return word === 'blue'
    ? { blue: service, green: other, live: word, plain }
    : { blue: other, green: service, live: word, plain };
}
