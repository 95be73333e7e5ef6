// The verdict of a recorded answer: the worse of what its backend says and what the checks find.
#pragma once

#include <span>
#include <string_view>

#include "answer/answer.h"
#include "index/analysis/analyzer.h"

namespace grounds {

// kNotFound is no better or worse than another verdict: it stays where the backend says so and the
// answer claims nothing; claims under that label are judged like any others.
Verdict worse(Verdict backend, Verdict checks);

// Runs check_answer; worsens the verdict and adds what is unsupported. An answer without citations of
// its own (a model's) gets those of the checks. Returns the verdict of the checks.
Verdict apply_checks(AnswerText& answer, std::string_view question, std::span<const EvidenceItem> evidence,
                     const Analyzer& analyzer);

}  // namespace grounds
