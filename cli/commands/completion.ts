import type { CommandGroup } from '../command.js';
import { completionScript } from '../completion.js';
import { usageError } from '../exit.js';

const SUMMARY = 'Print a script that completes this command line in a shell.';

/** `latchkey completion` */
export const completion: CommandGroup = {
  name: 'completion',
  summary: SUMMARY,
  commands: [
    {
      name: '',
      summary: SUMMARY,
      arguments: [{ name: 'shell', help: 'bash or zsh', choices: ['bash', 'zsh'] }],
      details: ['It completes the word latchkey: install the package globally, or alias latchkey to npx latchkey.'],
      examples: ['completion bash > /etc/bash_completion.d/latchkey', 'completion zsh >> ~/.zshrc'],
      async run(call) {
        const [shell] = call.args;
        if (shell !== 'bash' && shell !== 'zsh')
          throw usageError(`There is no completion for "${shell ?? ''}", only for bash and zsh.`);
        // The list of commands holds this one.
        const { COMMANDS } = await import('./index.js');
        call.io.stdout.write(completionScript(shell, COMMANDS));
        return undefined;
      },
    },
  ],
};
