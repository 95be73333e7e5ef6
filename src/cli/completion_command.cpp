#include <algorithm>
#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/terminal.h"

namespace grounds::cli {
namespace {

// One command as a shell completes it: what may stand after `path`.
struct Completion {
  std::string path;         // "grounds docs list"
  std::string description;
  std::vector<std::string> commands;
  std::vector<std::string> options;
};

void collect(const CLI::App& app, const std::string& path, const std::vector<std::string>& inherited,
             std::vector<Completion>& found) {
  Completion completion{path, app.get_description(), {}, inherited};
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) completion.options.push_back("--" + name);
  std::sort(completion.options.begin(), completion.options.end());
  completion.options.erase(std::unique(completion.options.begin(), completion.options.end()), completion.options.end());
  const std::vector<const CLI::App*> commands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : commands) completion.commands.push_back(command->get_name());
  const std::vector<std::string> options = completion.options;
  found.push_back(std::move(completion));
  for (const CLI::App* command : commands) collect(*command, path + " " + command->get_name(), options, found);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// The words typed so far choose the longest command they spell; file names are the shell's affair.
std::string bash_script(const std::vector<Completion>& completions) {
  std::string known;
  std::string cases;
  for (const Completion& completion : completions) {
    known += (known.empty() ? "\"" : "|\"") + completion.path + "\"";
    cases += "    \"" + completion.path + "\") commands=\"" + joined(completion.commands) + "\"; options=\"" +
             joined(completion.options) + "\" ;;\n";
  }
  return "# grounds: completion for bash (and for zsh, through bashcompinit)\n"
         "_grounds() {\n"
         "  local word path=grounds commands= options= current=${COMP_WORDS[COMP_CWORD]}\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"$path $word\" in\n"
         "      " + known + ") path=\"$path $word\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$path\" in\n" + cases +
         "  esac\n"
         "  case \"$current\" in\n"
         "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$current\")) ;;\n"
         "    *) COMPREPLY=($(compgen -W \"$commands\" -- \"$current\")) ;;\n"
         "  esac\n"
         "}\n"
         "complete -o default -F _grounds grounds\n";
}

std::string quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return "'" + text + "'";
}

std::string fish_script(const std::vector<Completion>& completions) {
  std::string script = "# grounds: completion for fish\n";
  for (const Completion& completion : completions) {
    // The condition: each word of the path was typed, and none of the commands below it.
    std::string condition;
    for (std::size_t at = completion.path.find(' '); at != std::string::npos;) {
      const std::size_t end = std::min(completion.path.find(' ', at + 1), completion.path.size());
      condition += "__fish_seen_subcommand_from " + completion.path.substr(at + 1, end - at - 1) + "; and ";
      at = end < completion.path.size() ? end : std::string::npos;
    }
    const std::string here = completion.commands.empty()
                                 ? condition + "true"
                                 : condition + "not __fish_seen_subcommand_from " + joined(completion.commands);
    for (const Completion& below : completions)
      for (const std::string& command : completion.commands)
        if (below.path == completion.path + " " + command)
          script += "complete -c grounds -f -n " + quoted(here) + " -a " + command + " -d " + quoted(below.description) + "\n";
    for (const std::string& option : completion.options)
      script += "complete -c grounds -n " + quoted(here) + " -l " + option.substr(2) + "\n";
  }
  return script;
}

}  // namespace

void add_completion(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("completion", "Print a script that makes a shell complete commands and options");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("Example: grounds completion bash > ~/.local/share/bash-completion/completions/grounds\n"
                  "         grounds completion zsh >> ~/.zshrc\n"
                  "         grounds completion fish > ~/.config/fish/completions/grounds.fish");
  command->callback([&app, &session, shell] {
    session.command = [&app, &session, shell]() -> Result<int> {
      std::vector<Completion> completions;
      collect(app, "grounds", {}, completions);
      std::string script = *shell == "fish" ? fish_script(completions) : bash_script(completions);
      if (*shell == "zsh") script = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" + script;
      if (session.json) {
        print_json({{"shell", *shell}, {"script", std::move(script)}});
        return kDone;
      }
      std::fwrite(script.data(), 1, script.size(), stdout);
      return kDone;
    };
  });
}

}  // namespace grounds::cli
