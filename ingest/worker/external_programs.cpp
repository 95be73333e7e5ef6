#include "ingest/worker/external_programs.h"

#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "ingest/worker/protocol.h"
#include "ingest/worker/sandbox.h"

namespace grounds::worker {
namespace {

struct Program {
  std::string_view name, package;
  std::vector<std::string> arguments;
};

// The document is standard input. catdoc wants a name for it.
Program describe(const ToolRequest& request) {
  const std::string input = "/dev/stdin", page = std::to_string(request.page);
  switch (request.tool) {
    case ExternalTool::kPdfText: return {"pdftotext", "poppler-utils", {"-q", "-layout", "-enc", "UTF-8", "-eol", "unix", "-", "-"}};
    case ExternalTool::kDocText: return {"catdoc", "catdoc", {"-d", "utf-8", "-w", input}};
    case ExternalTool::kImageText: return {"tesseract", "tesseract-ocr", {"stdin", "stdout", "-l", "eng+chi_sim"}};
    case ExternalTool::kPdfPageImage:
      return {"pdftoppm", "poppler-utils", {"-q", "-gray", "-scale-to", std::to_string(kPageImageSide), "-f", page, "-l", page, "-"}};
    case ExternalTool::kArchiveToZip: return {"bsdtar", "libarchive-tools", {"-c", "-f", "-", "--format", "zip", "@-"}};
    case ExternalTool::kDecompress: return {"bsdcat", "libarchive-tools", {}};
  }
  return {};
}

// What is told by its input which files to read must not run where files cannot be kept from it.
bool is_confined(ExternalTool tool) { return tool == ExternalTool::kArchiveToZip; }

}  // namespace

std::string_view program_of(ExternalTool tool) { return describe({tool, 0}).name; }
std::string_view package_of(ExternalTool tool) { return describe({tool, 0}).package; }

int become_tool(const ToolRequest& request, const ToolLimits& limits) {
  Program program = describe(request);
  std::string path;
  for (const char* folder : {"/usr/bin/", "/usr/local/bin/", "/bin/"}) {
    path = folder + std::string(program.name);
    if (access(path.c_str(), X_OK) == 0) break;
    path.clear();
  }
  if (path.empty()) return kExitNoProgram;
  std::string name(program.name);
  std::vector<char*> arguments = {name.data()};
  for (std::string& argument : program.arguments) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  std::string locale = "LC_ALL=C.UTF-8", threads = "OMP_THREAD_LIMIT=1";
  std::array<char*, 3> environment = {locale.data(), threads.data(), nullptr};
  if (!enter_tool_sandbox(limits.memory_bytes, limits.cpu_seconds, limits.parent_process, path.c_str(), is_confined(request.tool))) return kExitNoSandbox;
  execve(path.c_str(), arguments.data(), environment.data());
  return kExitNoProgram;
}

}  // namespace grounds::worker
