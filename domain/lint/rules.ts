import { fileRules } from './file-rules.js';
import { lockRules } from './lock-rules.js';
import type { LintRule } from './rule.js';
import { squawkRules } from './squawk-rules.js';
import { versionRules } from './version-rules.js';

const rules = { ...lockRules, ...versionRules, ...fileRules, ...squawkRules } as const;

export type RuleName = keyof typeof rules;

/** Every rule there is. A finding's `rule` is its key. */
export const lintRules: Readonly<Record<RuleName, LintRule>> = rules;

export function isRuleName(name: string): name is RuleName {
  return Object.hasOwn(rules, name);
}
