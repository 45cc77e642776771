/** The end of a command's help: `.addHelpText('after', examples('sluice …', …))`. Each line is a command that works as it stands. */
export function examples(...lines: readonly [string, ...string[]]): string {
  return ['', 'Examples:', ...lines.map((line) => `  ${line}`)].join('\n');
}
