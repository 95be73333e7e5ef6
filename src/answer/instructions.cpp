// Instructions hidden in documents: phrases that address a model rather than a human reader.
//
// A small pattern language over folded text (answer/fold.h), so that matching is linear in the text,
// cannot overflow a stack and sees through full-width letters and zero-width characters:
//   a|b|c     one of these; '_' is white space, a trailing '*' leaves the word open, a leading '^'
//             wants the start of a line
//   ~N        up to N characters in between, within one sentence
//   !N a|b    (last) no match if one of these follows within N characters
#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

#include "answer/extractive.h"
#include "answer/fold.h"

namespace grounds {
namespace {

struct Word {
  std::u32string text;
  bool open = false;        // a longer word may start with it
  bool line_start = false;
};

struct Slot {
  std::size_t gap = 0;      // characters that may stand before it
  bool unwanted = false;
  std::vector<Word> words;
};

using Pattern = std::vector<Slot>;

constexpr auto kPatternTexts = std::to_array<std::string_view>({
    // Overriding what the model was told.
    "ignore|ignoring|disregard|disregarding|forget|override|bypass|discard|neglect ~40 "
    "previous|prior|above|earlier|preceding|foregoing|existing|original|all|any|your|other|system|developer|these ~30 "
    "instruction*|prompt|prompts|directive*|guideline*|guardrail*|restriction*|rules|safety_filter*|safety_rule* "
    "!12 from_the_supplier|from_the_manufacturer|on_the_screen|printed",
    "ignore|disregard|forget ~8 everything|anything|all|what ~20 above|before|previously|told|said|know|learned|written "
    "!20 the_line|sea_level|ground",
    "do_not|don't|stop|never|no_longer ~10 follow|following|obey|obeying|trust|adhere_to|listen_to ~20 "
    "system_prompt|system_instructions|your_instructions|your_guidelines|developer|previous_instructions|original_instructions|the_other_documents|other_sources",
    "these_instructions|this_instruction|this_message|this_prompt|the_following_instructions|the_instructions_below ~25 "
    "override*|supersede*|take_precedence|takes_precedence|take_priority|takes_priority|have_priority|has_priority|replace|replaces ~30 "
    "system|your|all_other|any_other|all_previous|all_prior|previous|prior|earlier ~25 instruction*|prompt*|rules|message*|guideline*|directive*",
    // Who the model is to be.
    "you_are_now|you_are_no_longer|you_have_become ~15 "
    "ai|assistant|bot|chatbot|model|agent|persona|character|dan|pirate|unrestricted|jailbroken|bound|restricted|hacker|admin|administrator|root|system|developer_mode|debug_mode|god_mode|free_of|freed",
    "you_are|you're|enter|switch_to|enable|activate ~12 dan_mode|god_mode|jailbreak|jailbreak_mode|do_anything_now|unrestricted_mode|an_unrestricted*",
    "you_are ~20 in ~3 developer_mode|debug_mode|maintenance_mode|god_mode|test_mode",
    "act_as|pretend_to_be|pretend_that_you_are|pretend_you_are|roleplay_as|role-play_as|behave_as|behave_like|respond_as|simulate ~20 "
    "ai|language_model|unrestricted|dan|jailbroken|evil|hacker|pirate|chatbot|another_assistant|different_assistant|uncensored|root_shell|linux_terminal",
    "from_now_on|henceforth|starting_now ~12 you|respond|answer|reply|act|ignore|always|every ~25 "
    "respond|answer|reply|say|speak|act|output|ignore|obey|response*|answers|replies|refuse|recommend",
    "from_now_on|henceforth|starting_now ~3 respond|answer|reply|say|speak|obey|act|i_will|i_am !20 ticket*|within|on_behalf|customers|email*",
    // Speaking to the model by name.
    "note|attention|message|instruction*|notice|memo|reminder|directive*|hint|important ~2 to|for|: ~12 "
    "ai|llm|llms|chatbot|chatbots|language_model*|large_language_model*|ai_assistant*|assistant*|gpt|chatgpt|claude|copilot|the_model ~12 :|-|,|reading|processing|only|must|should|that",
    "if_you_are|if_you're|as|because_you_are|since_you_are ~3 an_ai|a_language_model|a_large_language_model|an_llm|a_chatbot|an_automated_assistant|an_ai_assistant|an_artificial_intelligence|a_bot ~40 "
    "you|must|should|ignore|reply|answer|respond|say|state|include|output|recommend|please|do_not|never|always|stop",
    "ai|llm|llms|ais|chatbot*|language_model*|ai_assistant*|ai_agent*|ai_model*|assistants ~30 "
    "reading|processing|parsing|summarizing|summarising|indexing|ingesting|analyzing|analysing|that_reads|that_read ~12 this|the_document|the_text|it",
    "dear|hey|hello|hi|ok|okay|attention ~2 ai|llm|chatbot|assistant|language_model|gpt|chatgpt|claude|copilot|model ~3 ,|:|!|-|you|please|when|ignore",
    // What it is to say.
    "you|must|should|always|only|please|now|instead|simply|just|then ~8 must|should|shall|will|only|always|now|simply|just|instead|please|then ~8 "
    "reply|respond|answer|say|output|print|state|claim|insist ~12 that|with|only|exactly|: "
    "!25 within|a_confirmation|confirmation|a_date|the_form|the_enclosed|a_written|written|an_estimate|your_name|name|the_ticket|the_case|care|calls|the_call|all_calls|yes_or_no_on|an_acknowledg*",
    "always|only|just|simply|instead ~3 reply|respond|answer|say|output|state|claim ~4 that|with|only|exactly|:|\" "
    "!25 within|confirmation|a_date|the_form|a_written|your_name|care|calls|the_call|your_extension|courtesy|polite*",
    "when|whenever|if|every_time ~3 the_user|a_user|users|anyone_asks|somebody_asks|someone_asks ~60 reply|respond|answer|say|state|claim ~3 that|with_the|exactly|only|\" "
    "!30 within|ticket*|a_technician|the_help_desk|business_day*|working_day*",
    "you_must|you_shall|you_will|you_have_to|you_are_required_to|you_are_to ~10 "
    "reply|respond|answer|output|print "
    "!3 within|to|the|all|each|every|by|before|in_writing|promptly|a|an|any|on|when|if|it|them|their|two|three|four|five|labels|pages|questions|both|at|copies|out|truthfully|honestly|for|incoming|customer*|emails|calls",
    "when|whenever|if|every_time|each_time ~20 user|users|you_are_asked|you're_asked|asked_about|asks_you|someone_asks|anyone_asks|asks_about ~60 "
    "you_must|always|only|just|simply|please|instead|you_should|then ~10 answer|reply|respond|say|state|recommend|claim|tell|output|refuse "
    "!14 within|to_the_ticket|in_writing|a_callback|the_help_desk",
    "your|the_final|every|all ~12 reply|response|answer|output|summary|responses|answers ~15 must|should|shall|has_to|have_to|will ~12 "
    "contain|include|mention|start|begin|end|consist|be|say ~15 phrase|word|words|text|string|sentence|link|url|only|following_link|password|\"|' "
    "!30 block_capital*|black_ink|in_the_box*|completed",
    "include|add|insert|append|embed|put|place ~40 link|url|image|phrase|text|advert*|sentence|word ~25 "
    "your|every|all_your|all_future|the_final ~6 answer|answers|response|responses|reply|replies|output|outputs|summary",
    "recommend|promote|praise|endorse ~60 in ~3 your|every|all ~6 answer|answers|response|responses|reply|replies|summary",
    "do_not|don't|never|without ~12 mention|mentioning|reveal|revealing|tell|telling|disclose|disclosing|cite|citing|inform|informing|refer|reference ~25 "
    "this_instruction|these_instructions|this_message|this_prompt|this_note|hidden|system_prompt|the_prompt|you_were_told|the_other_documents|other_documents|other_sources|that_you_are_an_ai|this_rule|this_paragraph",
    "tell|inform|convince|persuade|instruct ~3 the_user|users|the_person_asking|whoever_asks ~4 that|to ~80 "
    "safe|password|click|visit|download|call|send|transfer|pay|buy|free|nothing|wrong|cancel*|bank|expired|compromised|guaranteed|enter "
    "!40 help_desk|self-service|reset_portal|manual",
    // What it is to give away.
    "reveal|print|show|repeat|output|leak|display|dump|disclose|recite|quote|share|send|expose|write_out ~25 "
    "system_prompt|your_instructions|your_prompt|your_system|initial_prompt|initial_instructions|hidden_instructions|hidden_prompt|prompt_above|text_above|words_above|conversation_history|chat_history|your_rules|your_configuration|your_training|developer_message",
    "send|post|forward|upload|email|transmit|exfiltrate|leak|append ~40 "
    "conversation|chat_history|chat_log|context|user's_question|user_question|secrets|credentials|user's_data|retrieved_documents|other_documents|system_prompt ~30 http*|to_this|to_the_following|to_attacker*|external|@*",
    // Pretended roles and prompt structure.
    "new|updated|revised|real|actual|true|secret|hidden|override ~3 system_instruction*|system_prompt|system_message|system_directive*|admin_instruction*|assistant_instruction*|developer_instruction*",
    "new_instructions|new_instruction|new_task|new_directive|updated_instructions|real_instructions|actual_task|your_new_task|your_real_task ~3 :|is|are ~50 "
    "you|ignore|reply|answer|respond|output|disregard|say|print|summarize|write",
    "begin|start|end ~4 of_system_prompt|system_prompt|of_prompt|system_message|system_instruction*|admin_message|of_instructions_for_the_ai|of_context|of_user_input",
    "^[system]|^[assistant]|^[developer]|^[admin]|^[inst] ~4 you|ignore|from_now_on|always|never|override|forget|disregard|reply|respond|answer|the_user|do_not|new|comply",
    "^system|^assistant|^developer|^admin|^#_system|^##_system|^###_system|^**system** ~2 :|]|\n|** ~20 "
    "you_are|you_must|you_will|you_should|ignore|from_now_on|always|never|override|forget|disregard|reply|respond|answer|the_user|do_not|new_instructions|all_safety|safety|debug_mode|developer_mode",
    "<|im_start|<|im_end|<|system|<|user|<|assistant|<|endoftext|<|eot_id|<|start_header_id|[inst]|[/inst]|<<sys>>|<</sys>>|<start_of_turn>|<end_of_turn>|<|begin|<system>|</system>|<system_prompt>|</context>|</documents>|</evidence>|</user_input>|<assistant>|<admin>",
    "###_instruction|###_instructions|###_response|###_new_instruction|###_system_prompt ~2 :|\n ~60 ignore|you|reply|respond|answer|forget|disregard|the_user|say|output",
    // Chinese: overriding.
    "忽略|无视|忘记|忘掉|忽视|不要理会|不必理会|不要管|不用管|抛弃|丢弃|绕过|覆盖|推翻|撤销|不要遵守|不要遵循|停止遵守|不再遵守|無視|忽略掉 ~10 "
    "之前|以前|以上|上述|上面|前面|先前|此前|所有|一切|任何|全部|你的|原有|原来|原先|系统|其他|其它|開發者|开发者|所有的|既有|你被|你收到 ~10 "
    "指令|指示|提示词|提示詞|规则|規則|设定|設定|命令|限制|约束|安全准则|安全策略|系统消息|准则|要求 "
    "!2 灯|音|牌|表|框|线|器|键",
    "忘记|忘掉|忽略|清除 ~6 你 ~8 之前|以前|学到|被告知|身份|知道|记忆 ~8 的",
    "以下指令|本指令|此指令|这条指令|该指令|下列指令|以下指示|本消息|这段文字 ~10 优先|高于|覆盖|取代|凌驾 ~12 系统|其他|其它|所有|之前|一切|任何",
    // Chinese: persona and address.
    "你现在是|你现在扮演|你已经是|你不再是|你将扮演|你已成为|你是一个|你是一名 ~14 "
    "ai|助手|机器人|模型|不受|没有限制|无限制|没有任何限制|黑客|管理员模式|开发者模式|角色|dan|智能体|海盗|骗子",
    "你|请|现在 ~8 扮演|假装|假扮 ~14 ai|助手|机器人|黑客|没有限制|不受限制|无限制|另一个|管理员|模型|dan",
    "从现在起|从现在开始|从此刻起|自现在起|今后|接下来 ~6 你|所有回答|所有回复|每次 ~16 "
    "回答|回复|输出|扮演|听从|服从|只能说|拒绝|推荐|说|声称",
    "如果你是|若你是|假如你是|既然你是|因为你是|作为|身为 ~8 ai|人工智能|语言模型|大模型|大语言模型|聊天机器人|智能助手|机器人 ~12 你|请|必须|应|，请|只|忽略|不要|务必",
    "致|给|告知|提醒|通知|请|各位|注意|亲爱的|读到此处的|阅读本文的|处理本文的|正在阅读的 ~6 "
    "ai|人工智能|大模型|语言模型|大语言模型|智能助手|聊天机器人|ai助手|模型 ~6 :|,|的指令|的说明|的提示|的消息|读者|请|必须|注意|你|在回答|在总结|在处理",
    "ai|人工智能|大模型|语言模型|智能助手|聊天机器人 ~6 阅读|读取|读到|处理|总结|摘要|分析|解析 ~4 本文|本文档|此文档|这份文档|这段|本段|该文档|此处 ~16 请|必须|务必|应|不要|忽略|只|都|一律|输出|回答",
    // Chinese: what to say and what to give away.
    "你 ~4 必须|只能|应当|应该|务必|一定要|需要|只需|只需要|都要 ~10 回答|回复|输出|答复|告诉用户|推荐|声称|答道 "
    "!2 客户|顾客|邮件|电话|短信|来信|问卷|所有问题|面试|来电|投诉|咨询|工单",
    "用户|有人|任何人|被问|提问者|问到|问起|询问 ~24 你|一律|都必须|只能|只需|只|请直接|都要|统一 ~6 回答|回复|输出|说|推荐|告诉 ~8 “|\"|:|'|是|说|他|用户|对方|没有|不知道|免费|本产品 "
    "!20 工单|小时|工作日",
    "请|必须|务必|只能|只|一律|直接|始终|仅 ~4 输出|回答|回复 ~6 以下|如下|下面|“|\"|'|:|「 ~20 不要|不得|别|无需|而不|忽略|即可|并且不|，不",
    "不要|不得|切勿|禁止|别|不可|绝不 ~6 告诉|透露|提及|泄露|提到|引用|说明|暴露|披露 ~10 "
    "此指令|本指令|这条指令|该指令|这段话|这些指令|本提示|系统提示词|这条信息|这条消息|其他文档|其它文档|其他来源|你是ai|你的指令|上述指令|此段|本段",
    "输出|打印|重复|透露|泄露|说出|公开|复述|展示|告诉我|显示|发送|贴出 ~8 "
    "系统提示词|你的系统提示|你的指令|你的提示词|初始指令|初始提示|隐藏指令|提示词|你的设定|系统指令|上面的所有文字|全部对话|完整对话|你的规则",
    "将|把 ~8 对话|聊天记录|上下文|系统提示*|用户的问题|检索到的*|其他文档* ~14 发送到|发送给|上传到|转发到|转发给|提交到|发到|传到|发给 ~10 http*|外部|以下|网址|邮箱|服务器|攻击者|这个|该地址|下面",
    "在你的|在每个|在每次|在所有|在每一个|在最终|你的|所有 ~3 回答|回复|答案|输出|总结 ~8 加入|插入|附上|包含|添加|加上|写上|都要提到|必须提到|必须包含|推荐 ~14 链接|网址|图片|广告|以下|本产品|我们|这句话|字样|“|\"",
    // Chinese: pretended roles.
    "^[系统]|^【系统】|^【系统指令】|^【系统提示】|^【系统消息】|^【管理员】|^【开发者】 ~4 你|忽略|从现在|请忽略|不要|覆盖|停止|无视|回答|必须|只|所有回答",
    "^系统|^系统提示|^系统消息|^系统指令|^system|^助手|^开发者|^管理员 ~2 :|】|]|\n ~12 "
    "你是|你必须|忽略|从现在|请忽略|不要|你现在|你应|你只能|你将|覆盖|停止|用户|无视|回答|必须回复",
    "新的|最新|更新后的|真正的|隐藏的|秘密 ~2 系统指令|系统提示词|系统消息|指令|任务 ~2 : ~30 你|忽略|回答|回复|输出|无视|不要|告诉",
});

std::vector<Word> parse_words(std::string_view text) {
  std::vector<Word> words;
  // "<|" and "[/inst]" hold the separator: alternatives are cut at '|' that a word can end at.
  std::size_t begin = 0;
  while (begin <= text.size()) {
    std::size_t end = text.find('|', begin);
    if (end != std::string_view::npos && end > begin && text[end - 1] == '<') end = text.find('|', end + 1);
    if (end == std::string_view::npos) end = text.size();
    std::string_view part = text.substr(begin, end - begin);
    Word word;
    if (part.size() > 1 && part.front() == '^') word.line_start = true, part.remove_prefix(1);
    if (part.size() > 1 && part.back() == '*' && part != "**" && !part.ends_with("**"))
      word.open = true, part.remove_suffix(1);
    word.text = fold_text(part).text;
    if (part.starts_with("<|")) word.open = true;  // a token's name keeps its '_'
    else std::replace(word.text.begin(), word.text.end(), U'_', U' ');
    if (!word.text.empty()) words.push_back(std::move(word));
    begin = end + 1;
  }
  return words;
}

Pattern parse_pattern(std::string_view text) {
  Pattern pattern;
  Slot slot;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    begin = end + 1;
    if (part.size() > 1 && (part[0] == '~' || part[0] == '!')) {
      std::from_chars(part.data() + 1, part.data() + part.size(), slot.gap);
      slot.unwanted = part[0] == '!';
    } else if (!part.empty()) {
      slot.words = parse_words(part);
      pattern.push_back(std::move(slot));
      slot = {};
    }
  }
  return pattern;
}

bool is_sentence_end(const std::u32string& text, std::size_t i) {
  switch (text[i]) {
    case U'。': case U'!': case U'?': return true;
    case U'.': return i + 1 >= text.size() || text[i + 1] == U' ' || text[i + 1] == U'\n';
    default: return false;
  }
}

// The end of `word` at `at`, or npos.
std::size_t word_ends(const std::u32string& text, std::size_t at, const Word& word) {
  if (at + word.text.size() > text.size()) return std::u32string::npos;
  if (word.line_start) {
    std::size_t i = at;
    while (i > 0 && (text[i - 1] == U' ' || text[i - 1] == U'*' || text[i - 1] == U'#' || text[i - 1] == U'>')) --i;
    if (i > 0 && text[i - 1] != U'\n') return std::u32string::npos;
  }
  for (std::size_t i = 0; i < word.text.size(); ++i) {
    const bool same = text[at + i] == word.text[i] || (word.text[i] == U' ' && text[at + i] == U'\n');
    if (!same) return std::u32string::npos;
  }
  std::size_t end = at + word.text.size();
  if (is_ascii_alnum(word.text.front()) && at > 0 && is_ascii_alnum(text[at - 1])) return std::u32string::npos;
  if (!word.open && is_ascii_alnum(word.text.back()) && end < text.size() && is_ascii_alnum(text[end]))
    return std::u32string::npos;
  while (word.open && end < text.size() && is_ascii_alnum(text[end])) ++end;
  return end;
}

bool follows(const std::u32string& text, std::size_t from, const Slot& slot) {
  for (std::size_t at = from; at <= from + slot.gap && at < text.size(); ++at) {
    for (const Word& word : slot.words)
      if (word_ends(text, at, word) != std::u32string::npos) return true;
    if (is_sentence_end(text, at)) return false;
  }
  return false;
}

// The end of the match of pattern[slot..] that starts within the slot's gap from `from`, or npos.
std::size_t match_from(const std::u32string& text, std::size_t from, const Pattern& pattern, std::size_t slot) {
  if (slot == pattern.size()) return from;
  if (pattern[slot].unwanted)
    return follows(text, from, pattern[slot]) ? std::u32string::npos : match_from(text, from, pattern, slot + 1);
  // A ' ' between two words is no character of the gap.
  const std::size_t last = from + pattern[slot].gap + (slot > 0 ? 1 : 0);
  for (std::size_t at = from; at <= last && at < text.size(); ++at) {
    for (const Word& word : pattern[slot].words) {
      const std::size_t end = word_ends(text, at, word);
      if (end == std::u32string::npos) continue;
      const std::size_t matched = match_from(text, end, pattern, slot + 1);
      if (matched != std::u32string::npos) return matched;
    }
    if (is_sentence_end(text, at)) break;
  }
  return std::u32string::npos;
}

struct Compiled {
  std::vector<Pattern> patterns;
  // By its first character: where a pattern can start.
  std::unordered_map<char32_t, std::vector<std::pair<const Pattern*, const Word*>>> starts;
};

const Compiled& compiled() {
  static const Compiled all = [] {
    Compiled made;
    for (const std::string_view text : kPatternTexts) made.patterns.push_back(parse_pattern(text));
    for (const Pattern& pattern : made.patterns)
      for (const Word& word : pattern.front().words) made.starts[word.text.front()].emplace_back(&pattern, &word);
    return made;
  }();
  return all;
}

struct FoundSpan {
  std::size_t from, to;
};

void add_span(std::vector<FoundSpan>& spans, FoundSpan span) {
  if (!spans.empty() && span.from <= spans.back().to) {
    spans.back().to = std::max(spans.back().to, span.to);
    return;
  }
  spans.push_back(span);
}

// Markup whose content a person does not see, and which speaks to somebody nevertheless.
void find_hidden_markup(const std::u32string& text, std::vector<FoundSpan>& spans) {
  static const std::vector<Word> hidden = parse_words(
      "display:none|display:_none|visibility:hidden|visibility:_hidden|font-size:0|font-size:_0|font-size:1px|"
      "font-size:_1px|color:white|color:_white|color:#fff*|color:_#fff*|opacity:0|opacity:_0|<!--|hidden>|aria-hidden");
  static const std::vector<Word> speaking = parse_words(
      "ignore|disregard|you_must|you_are|you_should|assistant|ai|llm|language_model|reply|respond|instruction*|"
      "prompt|system|always_answer|tell_the_user|do_not_mention|say_that|忽略|无视|指令|回答|回复|助手|你必须|你是|人工智能|模型|告诉用户|不要提");
  // Comments are for those who edit the page: only what speaks to a machine counts there.
  static const std::vector<Word> to_machines = parse_words(
      "ai|llm|language_model|assistant|chatbot|chatgpt|you_must_reply|you_must_answer|disregard|ignore_the|ignore_all|ignore_previous|ignore_your|"
      "system_prompt|tell_the_user|人工智能|大模型|语言模型|助手|你必须|忽略以上|忽略之前|忽略所有|系统提示词|告诉用户");
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != U'd' && text[at] != U'v' && text[at] != U'f' && text[at] != U'c' && text[at] != U'o' &&
        text[at] != U'<' && text[at] != U'h' && text[at] != U'a')
      continue;
    std::size_t begin = std::u32string::npos;
    for (const Word& word : hidden) {
      const std::size_t end = word_ends(text, at, word);
      if (end == std::u32string::npos) continue;
      begin = end;
      break;
    }
    if (begin == std::u32string::npos) continue;
    const bool comment = text[at] == U'<';
    // A style outside of a tag is a manual that speaks about style.
    const std::size_t open = text.rfind(U'<', at);
    const bool in_tag = comment || (open != std::u32string::npos && at - open < 200 &&
                                    text.find(U'>', open) != std::u32string::npos && text.find(U'>', open) >= begin - 1);
    if (!in_tag) continue;
    std::size_t stop = comment ? text.find(U"-->", begin) : text.find(U"</", begin);
    stop = std::min({stop, text.size(), begin + 400});
    for (std::size_t i = begin; i < stop; ++i) {
      const std::vector<Word>& signs = comment ? to_machines : speaking;
      const bool speaks = std::any_of(signs.begin(), signs.end(), [&](const Word& word) {
        return word_ends(text, i, word) != std::u32string::npos;
      });
      if (!speaks) continue;
      add_span(spans, {comment ? at : open, stop});
      break;
    }
    at = begin - 1;
  }
}

// Unicode tag characters print nothing; a run of them is text smuggled past the reader.
void find_tag_characters(const std::u32string& text, std::vector<FoundSpan>& spans) {
  constexpr std::size_t kLongestFlag = 7;  // subdivision flags use up to 6 and a terminator
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::size_t end = at;
    while (end < text.size() && text[end] >= 0xE0000 && text[end] <= 0xE007F) ++end;
    if (end - at > kLongestFlag) add_span(spans, {at, end});
    if (end > at) at = end;
  }
}

}  // namespace

std::vector<std::string> find_instructions(std::string_view text) {
  const FoldedText folded = fold_text(text);
  std::vector<FoundSpan> found;
  for (std::size_t at = 0; at < folded.text.size(); ++at) {
    std::size_t end = std::u32string::npos;
    // Slot 0 starts exactly here: its gap is 0.
    if (const auto starts = compiled().starts.find(folded.text[at]); starts != compiled().starts.end()) {
      for (const auto& [pattern, word] : starts->second) {
        const std::size_t first = word_ends(folded.text, at, *word);
        if (first == std::u32string::npos) continue;
        const std::size_t matched = match_from(folded.text, first, *pattern, 1);
        if (matched != std::u32string::npos && (end == std::u32string::npos || matched > end)) end = matched;
      }
    }
    if (end != std::u32string::npos) add_span(found, {at, end});
  }
  find_hidden_markup(folded.text, found);
  find_tag_characters(folded.text, found);
  std::stable_sort(found.begin(), found.end(), [](const FoundSpan& a, const FoundSpan& b) { return a.from < b.from; });
  std::vector<FoundSpan> merged;
  for (const FoundSpan& span : found) add_span(merged, span);
  std::vector<std::string> phrases;
  for (const FoundSpan& span : merged) phrases.emplace_back(folded.source(text, span.from, span.to));
  return phrases;
}

}  // namespace grounds
