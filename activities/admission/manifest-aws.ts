import { comparing, roleArn, section, text } from './manifest-fields.js';

/** Where the lane's services are and as whom they are changed, when it is not where and as the worker runs. */
export const aws = section(
  {
    region: text(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region such as eu-central-1')
      .optional()
      .describe('Region of the services; the worker’s own when there is none.'),
    roleArn: roleArn
      .optional()
      .describe('Role that the worker takes on for every call; its own credentials when there is none.'),
    externalId: text(
      /^[\w+=,.@:/-]{2,1224}$/,
      'the external id of the role’s trust policy, 2 to 1224 of A-Z a-z 0-9 + = , . @ : / _ -',
    )
      .optional()
      .describe('What the role’s trust policy asks for beside the worker’s role.'),
  },
  'region or roleArn',
).superRefine(({ region, roleArn, externalId }, ctx) => {
  if (externalId !== undefined && roleArn === undefined) {
    const message = 'expected roleArn beside it: only a role asks for an external id';
    ctx.addIssue({ code: 'custom', path: ['externalId'], message });
  } else if (region === undefined && roleArn === undefined) {
    ctx.addIssue({ code: 'custom', message: 'expected region or roleArn; leave the section out for the worker’s own' });
  }
}, comparing);
