import type { CommandWords, OptionWords, Value, Words } from './completion.js';

export function fishCompletion({ commands, options }: Words): string {
  return [
    '# fish completion of sluice; made by `sluice completion fish`',
    'complete -c sluice -f',
    ...options.map((option) => `complete -c sluice${optionPart(option)}`),
    ...commands.map(
      ({ name, description }) => `complete -c sluice -n __fish_use_subcommand -a ${name} -d ${quote(description)}`,
    ),
    ...commands.flatMap((command) => commandLines(command)),
    '',
  ].join('\n');
}

function commandLines({ name, options, arguments: values }: CommandWords): string[] {
  const seen = `complete -c sluice -n '__fish_seen_subcommand_from ${name}'`;
  return [
    ...options.filter(({ flags }) => !flags.includes('--help')).map((option) => `${seen}${optionPart(option)}`),
    ...values.slice(0, 1).flatMap((value) => (value.kind === 'text' ? [] : [`${seen}${valuePart(value)}`])),
  ];
}

function optionPart({ flags, description, value }: OptionWords): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`));
  return `${names.join('')}${value === undefined ? '' : ` -r${valuePart(value)}`} -d ${quote(description)}`;
}

function valuePart(value: Value): string {
  switch (value.kind) {
    case 'file':
      return ' -F';
    case 'choice':
      return ` -a ${quote(value.choices.join(' '))}`;
    case 'text':
      return '';
  }
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
