// The JSON that the program shows, the same on the command line and over HTTP (interface.md).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/doctor.h"
#include "engine/engine.h"
#include "ingest/pipeline/ingest_report.h"
#include "ingest/pipeline/jobs.h"

namespace grounds {

Json error_view(const Error& error);
Json collection_view(const Collection& collection);
Json document_view(const DocumentVersion& document);
Json ingest_view(const IngestReport& report);
Json job_view(const JobState& job);
Json job_view(const JobState& job, const std::vector<IngestFailure>& failures);
// `with_scores`: admins see them; others get null unless the collection counts what is visible only.
Json search_view(const SearchResponse& response, std::int64_t took_ms, bool with_scores);
Json answer_view(const Answer& answer);
// What an answer is made from: places and texts, without scores.
Json evidence_view(const std::vector<EvidenceItem>& evidence);
// [{"role","content"}], content a text or a list of text parts as OpenAI's clients send it. kUsage.
Result<std::vector<Message>> parse_messages(const Json& list);
Json record_view(const RecordedAnswer& recorded);
// The record as one may see it who is neither admin nor auditor: of a withheld answer nothing that the
// model said, and of the evidence no scores unless `with_scores` (law 6). "left_out" names what is missing.
Json restricted_record_view(const RecordedAnswer& recorded, bool with_scores);
Json replay_view(const ReplayResult& replay);
Json verify_view(const VerifyResult& result);
Json doctor_view(const DoctorReport& report);

// Whether this principal may see the scores of this collection.
bool sees_scores(const Principal& principal, const Collection& collection);

}  // namespace grounds
