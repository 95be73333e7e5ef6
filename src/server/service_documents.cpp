#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <thread>

#include "access/socket_owner.h"
#include "answer/backends/event_stream.h"
#include "base/utf8.h"
#include "engine/ingest.h"
#include "index/generation/commit.h"
#include "ingest/pipeline/jobs.h"
#include "server/body.h"
#include "server/multipart.h"
#include "server/service.h"
#include "server/upload.h"
#include "server/views.h"

namespace grounds {
namespace {

constexpr int kMaxEventStreams = 64;  // each holds a thread
constexpr const char* kJobPattern = R"(/v1/jobs/([0-9A-Za-z]+))";

// JSON, or what curl and other simple clients say of any body. Not what only a page's form would be.
bool refuse_type(const httplib::Request& request, httplib::Response& response) {
  const std::string header = request.get_header_value("Content-Type");
  const std::string_view type = trim(std::string_view(header).substr(0, header.find(';')));
  if (type.empty() || type == kJsonType || type == "application/x-www-form-urlencoded") return false;
  answer_error(response, {ErrorCode::kUsage, "a body of type " + std::string(type) + " is not taken here", "send JSON, with Content-Type: application/json"}, 415);
  return true;
}

// The one parameter `uri` of a document's address.
Result<std::string> uri_of(const httplib::Request& request) {
  for (const auto& [name, value] : request.params)
    if (name != "uri") return fail(ErrorCode::kUsage, "unknown parameter '" + name + "'", "give ?uri=... alone");
  if (request.get_param_value_count("uri") > 1) return fail(ErrorCode::kUsage, "'uri' is given more than once");
  std::string uri = request.get_param_value("uri");
  if (uri.empty()) return fail(ErrorCode::kUsage, "'uri' is missing or empty", "name the document as in ?uri=handbook/leave.md");
  return uri;
}

// X-Forwarded-For, -Host, -Proto, -Port, -Server, -User and whatever else proxies say.
bool is_said_by_proxy(std::string_view header) {
  constexpr std::string_view kPrefix = "x-forwarded-";
  const auto same = [](unsigned char a, unsigned char b) { return a == std::tolower(b); };
  return header.size() > kPrefix.size() && std::equal(kPrefix.begin(), kPrefix.end(), header.begin(), same);
}

Status set_settings(const Json* given, Settings& settings) {
  if (!given) return {};
  if (!given->is_object()) return fail(ErrorCode::kUsage, "'settings' must be an object of values");
  for (const auto& [key, value] : given->items()) {
    if (!value.is_string() && !value.is_number() && !value.is_boolean()) return fail(ErrorCode::kUsage, "'settings." + key + "' must be a text or a number");
    GROUNDS_RETURN_IF_ERROR(settings.set(key, value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return {};
}

bool is_at_work(const JobState& job) { return job.state == "running" || job.state == "cancelling"; }

Json progress_view(const IngestProgress& progress) {
  return {{"documents_done", progress.documents_done}, {"documents_total", progress.documents_total}, {"chunks", progress.chunks},
          {"tokens", progress.tokens},                 {"seconds", progress.seconds}};
}

Json to_json(const std::optional<IngestProgress>& progress) { return progress ? progress_view(*progress) : Json(nullptr); }

Result<Json> full_job_view(Engine& engine, const std::string& id) {
  GROUNDS_ASSIGN_OR_RETURN(JobState job, find_job(engine.workspace(), id));
  GROUNDS_ASSIGN_OR_RETURN(std::vector<IngestFailure> failures, job_failures(engine.workspace(), id));
  return job_view(job, failures);
}

}  // namespace

void Service::add_document_routes() {
  get("/v1/collections", [this](const Request&) { return collections_route(engine_); });
  get(R"(/v1/collections/([^/]+))", [this](const Request& request) { return collection_route(engine_, request.matches[1]); });
  post_body("/v1/collections", [this](const Request& request, Response& response, const std::string& body) { create_collection(request, response, body); });
  constexpr const char* kDocuments = R"(/v1/collections/([^/]+)/documents)";
  add("PUT", kDocuments, [this](const Request& request, Response& response) { put_document(request, response); });
  add("DELETE", kDocuments, [this](const Request& request, Response& response) { delete_document(request, response); });
  post_body(R"(/v1/collections/([^/]+)/sync)", [this](const Request& request, Response& response, const std::string& body) { sync(request, response, body); });

  // Jobs name documents, whoever may read those: for the local administrator.
  get(kJobPattern, [this](const Request& request) -> Result<Json> {
    GROUNDS_RETURN_IF_ERROR(local_admin(request, false));
    GROUNDS_ASSIGN_OR_RETURN(Json view, full_job_view(engine_, request.matches[1]));
    view["progress"] = to_json(jobs_.progress(request.matches[1]));
    return view;
  });
  add("GET", std::string(kJobPattern) + "/events", [this](const Request& request, Response& response) { job_events(request, response); });
  add("POST", std::string(kJobPattern) + "/cancel", [this](const Request& request, Response& response) {
    const std::string id = request.matches[1];
    if (const auto admin = local_admin(request, true); !admin) return answer_error(response, admin.error());
    if (const Status cancelled = cancel_job(engine_.workspace(), id); !cancelled)
      return answer_error(response, cancelled.error(), cancelled.error().code == ErrorCode::kUsage ? 409 : 0);
    response.status = 202;
    answer(response, Json{{"job", id}, {"state", "cancelling"}});
  });
}

Result<std::string> Service::local_admin(const Request& request, bool to_write) const {
  if (to_write && !engine_.configuration().writes)
    return fail(ErrorCode::kRefused, "nothing can be written over HTTP here: writes = false in [server] of grounds.toml", "change it on the command line, or let the administrator turn writes on");
  LocalClient client;
  for (const char* header : {"Origin", "Sec-Fetch-Site", "Referer"}) client.from_page |= request.has_header(header);
  for (const char* header : {"Forwarded", "Via", "X-Real-IP"}) client.forwarded |= request.has_header(header);
  for (const auto& header : request.headers) client.forwarded |= is_said_by_proxy(header.first);
  const Connection& from = connection(request);
  client.user = socket_owner(engine_.workspace().file_system(), from.peer(), from.local());
  // Another socket may have the client's port only once this connection is dead: one that is alive after the
  // look had its own owner during it.
  if (from.peer_has_gone()) client.user.reset();
  GROUNDS_RETURN_IF_ERROR(check_local_admin(client, geteuid()));
  return local_actor(*client.user);
}

void Service::create_collection(const Request& request, Response& response, const std::string& text) {
  bool taken = false;  // a conflict: nothing is wrong with the request itself
  const auto create = [&]() -> Result<Collection> {
    GROUNDS_ASSIGN_OR_RETURN(const std::string actor, local_admin(request, true));
    GROUNDS_ASSIGN_OR_RETURN(Body body, Body::parse(text));
    const std::string name = body.required("name"), model = body.text("model");
    const Json* given = body.any("settings");
    GROUNDS_RETURN_IF_ERROR(body.finish());
    Settings settings;
    GROUNDS_RETURN_IF_ERROR(set_settings(given, settings));
    Result<Collection> result = engine_.create_collection(name, model, settings, actor);
    taken = !result && result.error().code == ErrorCode::kUsage && engine_.catalog().find_collection(name).has_value();
    return result;
  };
  if (refuse_type(request, response)) return;
  const Result<Collection> created = create();
  if (!created) return answer_error(response, created.error(), taken ? 409 : 0);
  response.status = 201;
  answer(response, collection_view(*created));
}

void Service::put_document(const Request& request, Response& response) {
  const auto actor = local_admin(request, true);
  if (!actor) return answer_error(response, actor.error());
  const auto uri = uri_of(request);
  if (!uri) return answer_error(response, uri.error());
  // Documents of other sources may have other URIs, and can be deleted all the same.
  if (const Status good = check_document_uri(*uri); !good) return answer_error(response, good.error());
  const std::string collection = request.matches[1];
  if (const auto found = engine_.catalog().find_collection(collection); !found && collection != "default") return answer_error(response, found.error());
  Connection& from = connection(request);
  if (!from.head().has_body()) return answer_error(response, {ErrorCode::kUsage, "the body is empty: the document is missing", "send the file as the body"});
  const std::string encoding = request.get_header_value("Content-Encoding"), type = request.get_header_value("Content-Type");
  if (!encoding.empty() && encoding != "identity")
    return answer_error(response, {ErrorCode::kUsage, "a body with Content-Encoding " + encoding + " is not taken", "send the file as it is"}, 415);

  auto upload = Upload::begin(engine_.workspace().file_system(), engine_.workspace().directory(), engine_.workspace().new_id());
  if (!upload) return answer_error(response, upload.error());
  Status taken;
  std::optional<MultipartFile> form;
  if (request.is_multipart_form_data()) {
    const auto boundary = multipart_boundary(type);
    if (!boundary) return answer_error(response, boundary.error());
    form.emplace(*boundary, [&](std::string_view bytes) { return upload->append(bytes); });
  }
  const auto limit = static_cast<std::uint64_t>(engine_.configuration().max_upload_bytes);
  const auto end = read_body(request, limit, [&](std::string_view bytes) {
    taken = form ? form->feed(bytes) : upload->append(bytes);
    return taken.has_value();
  });
  if (!end) return answer_no_place_for_body(response);
  if (end == Connection::BodyEnd::kTooLarge)
    return answer_error(response, {ErrorCode::kUsage, "the document is over " + std::to_string(limit) + " bytes", "max_upload_bytes in [server] of grounds.toml is the limit"}, 413);
  if (end == Connection::BodyEnd::kTooSlow) return answer_error(response, {ErrorCode::kUsage, "the body did not arrive in time", "send it again"}, 408);
  if (taken && end != Connection::BodyEnd::kWhole) return answer_error(response, {ErrorCode::kUsage, "the body is incomplete", "send it again"});
  if (taken && form) taken = form->finish();
  if (!taken) return answer_error(response, taken.error());

  UploadSource source(std::move(*upload), *uri, document_name(*uri, form ? form->file_name() : "", form ? "" : type));
  IngestOptions options;
  options.actor = *actor;
  const Result<IngestReport> report = [&] {
    const Permit turn = wait_for_permit(ingests_);
    return run_ingest(engine_, collection, source, std::move(options), [&](const IngestProgress&) { return !from.is_cut(); });
  }();
  if (!report) return answer_error(response, report.error());
  if (!report->failures.empty()) {
    const IngestFailure& failure = report->failures.front();
    return answer_error(response, {ErrorCode::kBadInput, failure.uri + ": " + failure.stage + ": " + failure.reason, "its last good version, if there is one, stays"});
  }
  if (report->interrupted) return answer_error(response, {ErrorCode::kUnavailable, "the server is stopping", "send it again"});
  response.status = report->added > 0 ? 201 : 200;
  Json view = ingest_view(*report);
  view["uri"] = *uri;
  answer(response, view);
}

void Service::delete_document(const Request& request, Response& response) {
  const auto remove = [&]() -> Result<Json> {
    GROUNDS_ASSIGN_OR_RETURN(const std::string actor, local_admin(request, true));
    GROUNDS_ASSIGN_OR_RETURN(const std::string uri, uri_of(request));
    GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine_.catalog().find_collection(request.matches[1]));
    GROUNDS_RETURN_IF_ERROR(engine_.catalog().find_document(collection, uri, Principal{"local", {kEveryone}, true, true}));
    CommitBatch batch;
    batch.deleted.push_back(uri);
    batch.actor = actor;
    batch.analyzer = engine_.analyzer().identity();
    GROUNDS_ASSIGN_OR_RETURN(CommitResult result, commit(engine_.workspace(), collection, std::move(batch)));
    return Json{{"deleted", uri}, {"collection", collection.name}, {"generation", result.generation}};
  };
  answer(response, remove());
}

void Service::sync(const Request& request, Response& response, const std::string& text) {
  const std::string collection = request.matches[1];
  const auto begin = [&]() -> Result<Json> {
    GROUNDS_ASSIGN_OR_RETURN(const std::string actor, local_admin(request, true));
    GROUNDS_ASSIGN_OR_RETURN(Body body, Body::parse(text));
    const std::string path = body.required("path");
    GROUNDS_RETURN_IF_ERROR(body.finish());
    if (!path.starts_with('/')) return fail(ErrorCode::kUsage, "'path' must be absolute", "the server has a working folder of its own");
    if (path.find('\0') != std::string::npos) return fail(ErrorCode::kUsage, "'path' holds a NUL character");
    GROUNDS_RETURN_IF_ERROR(engine_.workspace().file_system().status(path));
    if (collection != "default") GROUNDS_RETURN_IF_ERROR(engine_.catalog().find_collection(collection));
    GROUNDS_ASSIGN_OR_RETURN(const std::string job, jobs_.sync(collection, path, actor));
    response.set_header("Location", "/v1/jobs/" + job);
    return Json{{"job", job}, {"collection", collection}, {"kind", "sync"}, {"state", "running"}};
  };
  if (refuse_type(request, response)) return;
  const Result<Json> begun = begin();
  response.status = 202;
  answer(response, begun);
}

// Events "progress" while it is at work in this process, and "job" at the end, with its outcome. A job of
// another process is looked up twice a second.
void Service::job_events(const Request& request, Response& response) {
  const std::string id = request.matches[1];
  if (const auto admin = local_admin(request, false); !admin) return answer_error(response, admin.error());
  if (const auto job = find_job(engine_.workspace(), id); !job) return answer_error(response, job.error());
  if (event_streams_.fetch_add(1) >= kMaxEventStreams) {
    --event_streams_;
    return answer_error(response, {ErrorCode::kUnavailable, "too many clients listen to jobs", "ask for the job itself now and then"});
  }
  response.set_header("Cache-Control", "no-store");
  response.set_chunked_content_provider(
      "text/event-stream",
      [this, id, told = std::string(), silent = 0](std::size_t, httplib::DataSink& sink) mutable {
        const auto job = find_job(engine_.workspace(), id);
        // A server that stops waits for its own jobs, and not for those of other processes.
        const bool ends = !job || !is_at_work(*job) || (http_.is_shutting() && !jobs_.progress(id));
        std::string bytes;
        if (!job) {
          bytes = format_event("error", dump(problem_view(job.error())));
        } else if (ends) {
          const auto view = full_job_view(engine_, id);
          bytes = view ? format_event("job", dump(*view)) : format_event("error", dump(problem_view(view.error())));
        } else {
          Json now = to_json(jobs_.progress(id));
          if (now.is_null()) now = Json::object();
          now["job"] = id;
          now["state"] = job->state;
          const std::string event = format_event("progress", dump(now));
          if (event != told) bytes = told = event;
          else if (++silent % 30 == 0) bytes = ": at work\n\n";  // so that a connection that broke is noticed
        }
        if (!sink.is_writable() || (!bytes.empty() && !sink.write(bytes.data(), bytes.size()))) return false;
        if (ends) sink.done();
        else std::this_thread::sleep_for(std::chrono::milliseconds(500));
        return true;
      },
      [this](bool) { --event_streams_; });
}

}  // namespace grounds
