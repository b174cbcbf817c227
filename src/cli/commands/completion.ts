/** `jocko completion bash|zsh|fish` prints a script that asks this program what may come next. */
import { type Application, buildCommand, proposeCompletions } from "@stricli/core";
import type { CommandContext } from "../command_context.ts";

/** Shells that a script can be printed for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = typeof SHELLS[number];

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_jocko_complete() {
  local IFS=$'\\n'
  COMPREPLY=($(jocko __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _jocko_complete jocko
`,
  zsh: `#compdef jocko
_jocko() {
  local -a choices
  choices=("\${(@f)$(jocko __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a choices || _files
}
compdef _jocko jocko
`,
  fish: `complete -c jocko -a '(jocko __complete -- (commandline -opc)[2..-1] (commandline -ct))'
`,
};

/** The command that prints, and the hidden one that the printed scripts call. */
export function completionCommands(
  applicationFor: (words: readonly string[]) => Promise<Application<CommandContext>>,
) {
  return {
    completion: buildCommand<Record<never, never>, [Shell], CommandContext>({
      func(_flags, shell) {
        this.process.writeOutput(SCRIPTS[shell]);
      },
      parameters: {
        positional: {
          kind: "tuple",
          parameters: [{
            brief: `The shell: ${SHELLS.join(", ")}`,
            placeholder: "SHELL",
            parse: parseShell,
            proposeCompletions: () => SHELLS,
          }],
        },
      },
      docs: { brief: "Print a completion script for a shell" },
    }),
    __complete: buildCommand<Record<never, never>, string[], CommandContext>({
      async func(_flags, ...words) {
        const proposals = await proposeCompletions(await applicationFor(words), words, this);
        for (const { completion } of proposals) this.process.writeOutput(`${completion}\n`);
      },
      parameters: {
        positional: {
          kind: "array",
          parameter: { brief: "The words so far", placeholder: "WORD", parse: String },
        },
      },
      docs: { brief: "Print what may stand in place of the last word" },
    }),
  };
}

function parseShell(text: string): Shell {
  const shell = SHELLS.find((known) => known === text);
  if (shell === undefined) throw new SyntaxError(`${text} is none of ${SHELLS.join(", ")}`);
  return shell;
}
