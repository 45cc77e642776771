import { Argument, type Command } from 'commander';
import { type Shell, completionScript, shells } from '../completion.js';
import { examples } from '../examples.js';
import type { CompletionReport } from '../reports.js';
import { type GlobalOptions, run } from '../run.js';

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print what teaches a shell to complete commands and options')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      examples(
        'sluice completion bash > ~/.local/share/bash-completion/completions/sluice',
        'sluice completion zsh > "${fpath[1]}/_sluice"',
        'sluice completion fish > ~/.config/fish/completions/sluice.fish',
      ),
    )
    .action((shell: Shell, _options: GlobalOptions, command: Command) =>
      run(command.optsWithGlobals<GlobalOptions>(), () => {
        const script = completionScript(program, shell);
        const document: CompletionReport = { shell, script };
        return Promise.resolve({ exit: 'released', document, text: script });
      }),
    );
}
