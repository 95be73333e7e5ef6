#include "server/compare_report.h"

#include <map>

#include "ledger/compare/side.h"

namespace grounds {
namespace {

struct Words {
  std::string_view english, chinese;
};

const std::map<std::string_view, Words>& dictionary() {
  static const std::map<std::string_view, Words> words{
      {"title", {"Why two answers differ", "两次回答为何不同"}},
      {"today", {"Why the answer would differ today", "今天的回答为何会不同"}},
      {"not_compared", {"not compared: no model was asked", "未比较：没有向模型提问"}},
      {"today_prompt", {"What the model would be asked today", "今天会向模型发送什么"}},
      {"asked", {"What was asked", "所提的问题"}},
      {"answers", {"What was answered", "所给的回答"}},
      {"first", {"First answer", "第一次回答"}},
      {"second", {"Second answer", "第二次回答"}},
      {"cause", {"Cause", "原因"}},
      {"basis", {"How far it is proven", "证明程度"}},
      {"party", {"Responsible", "责任方"}},
      {"reason", {"Reason", "理由"}},
      {"decided_by", {"What would decide it", "如何才能判定"}},
      {"prompts", {"What made the prompts differ", "提示词为何不同"}},
      {"same_prompt", {"The prompts are the same, byte for byte.", "两次提示词逐字节相同。"}},
      {"sets", {"Each line is a smallest set of inputs that, taken from the other answer, gives its prompt byte for byte.",
                "每一行是一组最小的输入：换成另一次回答的这些输入，就逐字节得到其提示词。"}},
      {"changed", {"What changed", "发生了哪些变化"}},
      {"also_changed", {"What else changed, and did not decide", "其他未起决定作用的变化"}},
      {"or", {"or", "或"}},
      {"with", {"with", "加"}},
      {"nothing", {"Nothing that is on record.", "记录中没有变化。"}},
      {"who", {"by", "操作者"}},
      {"job", {"job", "任务"}},
      {"generation", {"generation", "数据版本"}},
      {"setting", {"setting", "设置"}},
      {"readers", {"who may read it", "可读人群"}},
      {"check", {"How to check it yourself", "如何自行核实"}},
      {"checks", {"Run these on the workspace; each does the steps again from the ledger, and none asks a model.",
                  "在工作区上运行以下命令；每条都按账本记录重做一遍，不调用任何模型。"}},
      {"same", {"The answers are the same.", "两次回答相同。"}},
      {"claims", {"Other words, the same claims.", "措辞不同，内容一致。"}},
      {"different", {"The answers differ in what they claim.", "两次回答的内容不同。"}},
      {"proved", {"proved: done again with and without it", "已证明：分别重做并比对"}},
      {"statistical", {"statistical: the models were asked many times", "统计证据：多次询问模型"}},
      {"by_exclusion", {"by exclusion: everything else on record is equal", "排除法：记录中其余各项均相同"}},
      {"undecidable", {"undecidable from what is on record", "仅凭记录无法判定"}},
      {"A", {"A, the customer", "甲方（客户）"}},
      {"B", {"B, the model vendor", "乙方（模型供应商）"}},
      {"C", {"C, the integrator", "丙方（集成商）"}},
      {"none", {"nobody", "无"}},
      {"multiple", {"several", "多方"}},
      {"unassigned", {"not assigned", "未定"}},
      {"question", {"the question", "问题"}},
      {"history", {"the conversation before", "此前的对话"}},
      {"time", {"the day it was asked", "提问日期"}},
      {"permissions", {"permissions", "权限"}},
      {"data", {"the documents", "文档数据"}},
      {"parser", {"the reading of documents", "文档解析"}},
      {"settings", {"settings", "设置"}},
      {"template", {"the prompt template", "提示词模板"}},
      {"embedding", {"the embedding model", "向量模型"}},
      {"rerank", {"the reranker", "重排序"}},
      {"software", {"the software", "软件版本"}},
      {"routing", {"the fallback to another backend", "后端切换"}},
      {"model", {"the model", "模型"}},
      {"model_parameters", {"the model's parameters", "模型参数"}},
      {"model_randomness", {"the model's randomness", "模型随机性"}},
      {"principal", {"who asked", "提问者"}},
      {"collection", {"the collection", "文档集"}},
      {"parameters", {"the model's parameters", "模型参数"}},
      {"request_ids", {"the vendor's request ids", "供应商请求编号"}},
      {"effective_query", {"the effective query", "实际查询"}},
      {"added", {"added", "新增"}},
      {"deleted", {"deleted", "删除"}},
      {"edited", {"edited", "修改"}},
      {"reparsed", {"read by another parser", "重新解析"}},
      {"rechunked", {"cut by other rules", "重新切分"}},
  };
  return words;
}

std::string escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (c == '\'') out += "&#39;";
    else out += c;
  }
  return out;
}

constexpr std::string_view kStyle = R"css(
:root{--ink:#1c2430;--soft:#5b6675;--line:#dde2e9;--paper:#fff;--wash:#f4f6f9;--accent:#1f5fae;--out:#b3382c;--in:#1d7a46}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#a2acba;--line:#343c48;--paper:#14181f;--wash:#1d232c;--accent:#7db1f2;--out:#ef8a80;--in:#79cf9d}}
*{box-sizing:border-box}body{margin:0;background:var(--wash);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 3rem}h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem}h2{font-size:1.02rem;margin:2rem 0 .6rem;color:var(--soft);font-weight:600}
.ids{color:var(--soft);font-size:.85rem;overflow-wrap:anywhere;margin:0}.verdict{background:var(--paper);border:1px solid var(--line);border-left:6px solid var(--accent);border-radius:6px;padding:1rem 1.25rem;margin-top:1.25rem}
.verdict dl{display:grid;grid-template-columns:minmax(8rem,auto) 1fr;gap:.35rem 1.25rem;margin:0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}dd.big{font-size:1.25rem;font-weight:650;line-height:1.3}
.two{display:grid;grid-template-columns:1fr 1fr;gap:1rem}.card{background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:.9rem 1.1rem;overflow-wrap:anywhere}.card h3{font-size:.85rem;color:var(--soft);margin:0 0 .4rem;font-weight:600}
.card p{margin:0;white-space:pre-wrap}.small{color:var(--soft);font-size:.85rem;margin:.4rem 0 0}.card+.card.row{margin-top:.75rem}ul{margin:.3rem 0;padding-left:1.2rem}
pre{margin:.6rem 0 0;padding:.7rem .9rem;background:var(--wash);border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere;font:.84rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"Noto Sans Mono CJK SC",monospace}
.out{color:var(--out)}.in{color:var(--in)}@media (max-width:40rem){.two,.verdict dl{grid-template-columns:1fr}dt{margin-top:.5rem}}@media print{body{background:#fff}}
)css";

class Page {
 public:
  Page(const Json& view, std::string_view language) : view_(view), chinese_(language == "zh") {}

  std::string render() {
    const bool today = view_["b"]["answer_id"].is_null();
    const bool is_asked = view_["b"]["status"] != kNotAsked;
    const std::string title(word(!today ? "title" : is_asked ? "today" : "today_prompt"));
    out_ += "<!DOCTYPE html>\n<html lang=\"" + std::string(chinese_ ? "zh" : "en") +
            "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>" + title +
            "</title><style>" + std::string(kStyle) + "</style></head><body><main>\n<h1>" + title + "</h1>\n<p class=\"ids\">" +
            id("a") + " · " + id("b") + "</p>\n";
    verdict();
    asked();
    answers();
    prompts();
    changes();
    checks();
    out_ += "</main></body></html>\n";
    return std::move(out_);
  }

 private:
  std::string_view word(std::string_view key) const {
    auto found = dictionary().find(key);
    if (found == dictionary().end()) return key;
    return chinese_ ? found->second.chinese : found->second.english;
  }
  std::string text(const Json& value) const { return value.is_string() ? escape(value.get<std::string>()) : std::string(); }
  std::string known(const Json& value) const { return value.is_string() ? escape(word(value.get_ref<const std::string&>())) : std::string(); }
  std::string id(const char* side) const {
    const Json& value = view_[side]["answer_id"];
    return value.is_null() ? std::string(chinese_ ? "今天" : "today") : text(value);
  }
  void heading(std::string_view key) { out_ += "<h2>" + std::string(word(key)) + "</h2>\n"; }
  void term(std::string_view key, const std::string& value, bool big = false) {
    if (value.empty()) return;
    out_ += "<dt>" + std::string(word(key)) + "</dt><dd" + (big ? " class=\"big\"" : "") + ">" + value + "</dd>\n";
  }

  void verdict() {
    out_ += "<section class=\"verdict\"><dl>\n";
    const bool same = view_["same_answer"], claims = view_["same_claims"];
    const bool is_asked = view_["b"]["status"] != kNotAsked;
    term("answers", std::string(word(!is_asked ? "not_compared" : same ? "same" : claims ? "claims" : "different")));
    if (!same && is_asked) {
      term("cause", sets(view_["answer_causes"]), true);
      term("party", known(view_["party"]), true);
    }
    term("basis", known(view_["basis"]));
    term("reason", text(view_[chinese_ ? "reason_zh" : "reason"]));
    term("decided_by", text(view_[chinese_ ? "decided_by_zh" : "decided_by"]));
    out_ += "</dl></section>\n";
  }

  // "the documents with settings, or the prompt template"
  std::string sets(const Json& list) const {
    std::string all;
    for (const Json& set : list) {
      std::string one;
      for (const Json& cause : set) one += (one.empty() ? "" : " " + std::string(word("with")) + " ") + known(cause);
      all += (all.empty() ? "" : chinese_ ? "，" + std::string(word("or")) + " " : ", " + std::string(word("or")) + " ") + one;
    }
    return all;
  }

  void asked() {
    heading("asked");
    const Json &a = view_["a"]["question"], &b = view_["b"]["question"];
    if (a == b) out_ += "<div class=\"card\"><p>" + text(a) + "</p></div>\n";
    else two(text(a), "", text(b), "");
  }

  void two(const std::string& a, const std::string& small_a, const std::string& b, const std::string& small_b) {
    out_ += "<div class=\"two\">";
    for (int side : {0, 1}) {
      const std::string& small = side == 0 ? small_a : small_b;
      out_ += "<div class=\"card\"><h3>" + std::string(word(side == 0 ? "first" : "second")) + "</h3><p>" + (side == 0 ? a : b) + "</p>";
      if (!small.empty()) out_ += "<p class=\"small\">" + small + "</p>";
      out_ += "</div>";
    }
    out_ += "</div>\n";
  }

  void answers() {
    heading("answers");
    auto small = [&](const char* side) {
      return text(view_[side]["time"]) + " · " + std::string(word("generation")) + " " + view_[side]["generation"].dump() + " · " + text(view_[side]["backend"]);
    };
    two(text(view_["a"]["answer"]), small("a"), text(view_["b"]["answer"]), small("b"));
  }

  void prompts() {
    heading("prompts");
    out_ += "<div class=\"card\">";
    if (view_["same_prompt"] == true) {
      out_ += "<p>" + std::string(word("same_prompt")) + "</p>";
    } else {
      out_ += "<ul>";
      for (const Json& set : view_["prompt_causes"]) {
        std::string names;
        for (const Json& cause : set) names += (names.empty() ? "" : " " + std::string(word("with")) + " ") + known(cause);
        out_ += "<li>" + names + "</li>";
      }
      out_ += "</ul><p class=\"small\">" + std::string(word("sets")) + " " + known(view_["prompt_basis"]) + "</p>";
    }
    out_ += "</div>\n";
  }

  // "generation 7 · 2026-11-24T... · by local:ann · job 01K..."
  std::string origin(const Json& value) const {
    std::string line;
    auto add = [&](const std::string& part) {
      if (!part.empty()) line += (line.empty() ? "" : " · ") + part;
    };
    if (value.contains("generation") && value["generation"] != 0) add(std::string(word("generation")) + " " + value["generation"].dump());
    add(text(value.value("time", Json())));
    if (std::string by = text(value.value("by", Json())); !by.empty()) add(std::string(word("who")) + " " + by);
    if (std::string job = text(value.value("job", Json())); !job.empty()) add(std::string(word("job")) + " " + job);
    return line;
  }

  void card(const std::string& title, const std::string& small, const std::string& body) {
    out_ += "<div class=\"card row\"><p><strong>" + title + "</strong></p>";
    if (!small.empty()) out_ += "<p class=\"small\">" + small + "</p>";
    out_ += body + "</div>\n";
    any_ = true;
  }

  std::string diff(const std::string& lines) const {
    std::string body;
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = std::min(lines.find('\n', at), lines.size());
      const std::string line = lines.substr(at, end - at);
      body += std::string("<span class=\"") + (line.starts_with("-") ? "out" : "in") + "\">" + escape(line) + "</span>\n";
      at = end + 1;
    }
    return body.empty() ? body : "<pre>" + body + "</pre>";
  }

  std::string from_to(const Json& a, const Json& b) const {
    return "<pre><span class=\"out\">- " + text(a) + "</span>\n<span class=\"in\">+ " + text(b) + "</span></pre>";
  }

  static std::string joined(const Json& list) {
    std::string all;
    for (const Json& each : list) all += (all.empty() ? "" : ", ") + each.get<std::string>();
    return all;
  }

  void changes() {
    heading("changed");
    const Json& found = view_["evidence"];
    bool any_decisive = false;
    for (const Json& each : found["data"]) any_decisive |= each["decisive"] == true;
    for (const Json& each : found["data"])
      if (!any_decisive || each["decisive"] == true) document(each);
    for (const Json& each : found["permissions"])
      card(text(each["uri"]) + " · " + std::string(word("readers")), origin(each), from_to(joined(each["a"]), joined(each["b"])));
    for (const Json& each : found["settings"])
      card(std::string(word("setting")) + " " + text(each["key"]), origin(each), from_to(each["a"], each["b"]));
    for (const char* key : {"question", "effective_query", "history", "time", "principal", "template", "collection", "embedding",
                            "model", "parameters", "request_ids", "software"})
      if (found.contains(key)) card(std::string(word(key)), "", from_to(found[key]["a"], found[key]["b"]));
    if (any_decisive && found["data"].back()["decisive"] == false) {
      heading("also_changed");
      for (const Json& each : found["data"])
        if (each["decisive"] == false) document(each);
    }
    if (!any_) out_ += "<div class=\"card\"><p>" + std::string(word("nothing")) + "</p></div>\n";
  }

  void document(const Json& each) {
    const Json& last = each["b"].is_null() ? each["a"] : each["b"];
    card(text(each["uri"]) + " · " + known(each["change"]), origin(last), diff(each["diff"].get<std::string>()));
  }

  void checks() {
    heading("check");
    out_ += "<div class=\"card\"><p>" + std::string(word("checks")) + "</p><pre>";
    const bool today = view_["b"]["answer_id"].is_null();
    out_ += "grounds verify\ngrounds replay " + id("a") + "\n";
    if (today) out_ += "grounds explain " + id("a") + "\n";
    else out_ += "grounds replay " + id("b") + "\ngrounds compare " + id("a") + " " + id("b") + "\n";
    out_ += "</pre></div>\n";
  }

  const Json& view_;
  const bool chinese_;
  bool any_ = false;
  std::string out_;
};

}  // namespace

std::string comparison_page(const Json& view, std::string_view language) { return Page(view, language).render(); }

}  // namespace grounds
