import type { CommandWords, OptionWords, Value, Words } from './completion.js';

export function zshCompletion({ commands, options }: Words): string {
  return `#compdef sluice
# zsh completion of sluice; made by \`sluice completion zsh\`
_sluice() {
  local curcontext="$curcontext" state line
  local -a commands=(
${commands.map(({ name, description }) => `    ${quote(`${name}:${description}`)}`).join('\n')}
  )
  _arguments -C ${options.map(optionSpec).join(' ')} '1: :->command' '*:: :->rest'
  case $state in
    command) _describe -t commands 'sluice command' commands ;;
    rest)
      case $words[1] in
${commands.map((command) => commandArm(command, options)).join('\n')}
      esac
      ;;
  esac
}
# Autoloaded it is the function itself; sourced it only says where the function is.
if [ "$funcstack[1]" = _sluice ]; then _sluice "$@"; else compdef _sluice sluice; fi
`;
}

function commandArm({ name, options, arguments: values }: CommandWords, globals: readonly OptionWords[]): string {
  const own = new Set(options.flatMap(({ flags }) => flags));
  const all = [...options, ...globals.filter(({ flags }) => !flags.some((flag) => own.has(flag)))];
  // A text is left out: zsh would say its name in the place of completing an option.
  const positions = values.flatMap((value, index) =>
    value.kind === 'text' ? [] : [quote(`${index + 1}${valueSpec(value)}`)],
  );
  const specs = [...all.map(optionSpec), ...positions];
  return `        ${name}) _arguments ${specs.join(' ')} ;;`;
}

/** `'(--file -f)'{--file,-f}'[…]:manifest:_files'` */
function optionSpec({ flags, description, value }: OptionWords): string {
  const words = description.replace(/[[\]:\\]/g, '\\$&');
  const rest = quote(`[${words}]${value === undefined ? '' : valueSpec(value)}`);
  return flags.length === 1 ? `${flags[0]}${rest}` : `'(${flags.join(' ')})'{${flags.join(',')}}${rest}`;
}

function valueSpec(value: Value): string {
  switch (value.kind) {
    case 'file':
      return `:${value.name}:_files`;
    case 'choice':
      return `:${value.name}:(${value.choices.join(' ')})`;
    case 'text':
      return `:${value.name}: `;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
