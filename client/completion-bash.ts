import type { CommandWords, OptionWords, Value, Words } from './completion.js';

/** For bash 3.2 and later, which macOS still has: no associative arrays, no `mapfile`. */
export function bashCompletion({ commands, options }: Words): string {
  return `# bash completion of sluice; made by \`sluice completion bash\`
_sluice() {
  local IFS=$'\\n' word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      -*) ;;
      *) command="\${COMP_WORDS[i]}"; break ;;
    esac
  done
  case "$command $previous" in
${commands.flatMap((command) => command.options.flatMap((option) => valueArm(command, option))).join('\n')}
  esac
  case "$command" in
    '') ${offer([...commands.map(({ name }) => name), ...flagsOf(options)])} ;;
${commands.map((command) => commandArm(command, options)).join('\n')}
  esac
}
_sluice_files() {
  # Not in bash 3.2: there a name with a space in it is completed without its quotes.
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$1"))
}
complete -F _sluice sluice
`;
}

function valueArm({ name }: CommandWords, { flags, value }: OptionWords): string[] {
  if (value === undefined) return [];
  const patterns = flags.map((flag) => `'${name} ${flag}'`).join(' | ');
  return [`    ${patterns}) ${offerValue(value)}; return ;;`];
}

function commandArm({ name, options, arguments: values }: CommandWords, globals: readonly OptionWords[]): string {
  const flags = offer(flagsOf([...options, ...globals]));
  const [value] = values;
  if (value === undefined) return `    ${name}) ${flags} ;;`;
  return `    ${name}) case "$word" in -*) ${flags} ;; *) ${offerValue(value)} ;; esac ;;`;
}

function offerValue(value: Value): string {
  switch (value.kind) {
    case 'file':
      return '_sluice_files "$word"';
    case 'choice':
      return offer(value.choices);
    case 'text':
      return ':';
  }
}

function offer(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W $'${words.join('\\n')}' -- "$word"))`;
}

function flagsOf(options: readonly OptionWords[]): string[] {
  return [...new Set(options.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith('--'))))];
}
