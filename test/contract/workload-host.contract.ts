import type { ContractCase } from './contract-case.js';
import { revisionCases } from './workload-revisions.contract.js';
import { rolloutCases } from './workload-rollouts.contract.js';
import { serviceCases } from './workload-services.contract.js';

export const workloadHostCases: Readonly<Record<string, ContractCase>> = {
  ...revisionCases,
  ...serviceCases,
  ...rolloutCases,
};
