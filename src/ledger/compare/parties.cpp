#include "ledger/compare/parties.h"

#include <algorithm>
#include <set>

namespace grounds {

std::string party_of(std::string_view cause, const std::vector<std::string>& details,
                     const std::map<std::string, std::string>& configured, bool routing_by_failure) {
  for (const std::string& detail : details)
    if (auto found = configured.find(detail); found != configured.end()) return found->second;
  if (auto found = configured.find(std::string(cause)); found != configured.end()) return found->second;
  if (cause == "undecidable") return "unassigned";
  if (cause == "none" || cause == "time") return "none";
  if (cause == "question" || cause == "history" || cause == "permissions" || cause == "data") return "A";
  if (cause == "model" || cause == "model_randomness") return "B";
  if (cause == "routing") return routing_by_failure ? "B" : "C";
  return "C";  // parser, settings, template, embedding, rerank, software, model_parameters
}

std::string common_party(const std::vector<std::string>& parties) {
  std::set<std::string> concerned(parties.begin(), parties.end());
  if (concerned.size() > 1) concerned.erase("none");
  if (concerned.empty()) return "unassigned";
  return concerned.size() == 1 ? *concerned.begin() : "multiple";
}

}  // namespace grounds
