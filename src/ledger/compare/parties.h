// Whose a cause is: the customer's (A), the model vendor's (B), the integrator's (C), nobody's.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace grounds {

// What the configuration's [parties] says goes before the defaults. `details` are more precise names of
// one cause, tried first: "backend.local", "job.01J...", "lexical.k1". `routing_by_failure`: the primary
// backend failed, as against a limit of ours.
std::string party_of(std::string_view cause, const std::vector<std::string>& details,
                     const std::map<std::string, std::string>& configured, bool routing_by_failure = true);

// Of several: the one they share; else "multiple". "unassigned" if there is none. "none" counts only
// where nobody else is concerned.
std::string common_party(const std::vector<std::string>& parties);

}  // namespace grounds
