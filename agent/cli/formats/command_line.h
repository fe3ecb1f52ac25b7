#ifndef MADOGUCHI_AGENT_CLI_FORMATS_COMMAND_LINE_H_
#define MADOGUCHI_AGENT_CLI_FORMATS_COMMAND_LINE_H_

#include <functional>

#include "agent/cli/commands.h"

namespace CLI {
class App;
}  // namespace CLI

// The part of the command line about formats of others: `export` and `convert`.
namespace madoguchi::cli {

struct FormatOptions {
  ExportOptions export_record;
  ConvertOptions convert;
};

// Adds the two commands to `app`. When one of them is chosen, `run` becomes what does it. `global`,
// `to` and `run` must outlive `app`.
void AddFormats(CLI::App& app, const Global& global, FormatOptions& to, std::function<int()>& run);

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_FORMATS_COMMAND_LINE_H_
