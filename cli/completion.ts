import { COMMON_OPTIONS } from './arguments.js';
import type { Command, CommandGroup, Option } from './command.js';

/** Values that are names of files. */
const FILES = ['FILE'];

/**
 * A script that completes `latchkey` in bash, and in zsh by its emulation of bash's completion. It asks nobody: commands,
 * options and their fixed values are written into it.
 */
export function completionScript(shell: 'bash' | 'zsh', groups: readonly CommandGroup[]): string {
  const all = [
    ...COMMON_OPTIONS,
    ...groups.flatMap(({ commands }) => commands.flatMap(({ options }) => options ?? [])),
  ];
  const withValue = unique(all.filter(({ value }) => value !== undefined).flatMap(spellings));
  const choices = unique(all.filter(({ choices }) => choices !== undefined).map(({ name }) => name)).map((name) => {
    const option = all.find((one) => one.name === name && one.choices !== undefined);
    return `      ${option ? spellings(option).join('|') : name}) offers="${words(option?.choices ?? [])}" ;;`;
  });
  const files = unique(all.filter(({ value }) => FILES.includes(value ?? '')).flatMap(spellings));
  const places = groups.flatMap((group) => placesOf(group));
  return `${head(shell)}
_latchkey() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" group="" command="" option="" offers="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [ -n "$option" ]; then
      option=""
      continue
    fi
    case "$word" in
      ${withValue.join('|')}) option="$word" ;;
      -*) ;;
      *) if [ -z "$group" ]; then group="$word"; elif [ -z "$command" ]; then command="$word"; fi ;;
    esac
  done
  COMPREPLY=()
  if [ -n "$option" ]; then
    case "$option" in
${choices.join('\n')}
      ${files.join('|')}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
      *) return ;;
    esac
  else
    case "$group $command" in
      " ") offers="${words([...groups.map(({ name }) => name), 'help', '--help', '--version'])}" ;;
${places.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$offers" -- "$cur"))
}
complete -o default -F _latchkey latchkey
`;
}

function head(shell: 'bash' | 'zsh'): string {
  if (shell === 'bash') return '# Completion of latchkey for bash: source <(latchkey completion bash)\n';
  return '# Completion of latchkey for zsh: source <(latchkey completion zsh)\nautoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n';
}

/** What is offered after the words of a group, and of each of its commands. */
function placesOf(group: CommandGroup): string[] {
  const { name, commands } = group;
  const [first] = commands;
  if (first?.name === '') return [`      "${name} "*) offers="${words(offersOf(first))}" ;;`];
  return [
    ...commands.map((command) => `      "${name} ${command.name}") offers="${words(offersOf(command))}" ;;`),
    `      "${name} "*) offers="${words([...commands.map((command) => command.name), '--help'])}" ;;`,
  ];
}

function offersOf(command: Command): string[] {
  const fixed = (command.arguments ?? []).flatMap(({ choices }) => choices ?? []);
  return [...fixed, ...[...(command.options ?? []), ...COMMON_OPTIONS].map(({ name }) => `--${name}`)];
}

function spellings({ name, short }: Option): string[] {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
}

/** Words for \`compgen -W\` between double quotes. */
function words(list: readonly string[]): string {
  return list.join(' ');
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}
