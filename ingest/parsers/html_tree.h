// A parsed HTML page (gumbo), with its memory and depth bounded.
#pragma once

#include <gumbo.h>

#include <memory>
#include <string>
#include <string_view>

#include "grounds/result.h"

namespace grounds::parsing {

// Owns the tree. Nodes are valid as long as it and the text it was parsed from are.
class HtmlTree {
 public:
  enum class Scope { kPage, kFragment };
  // kBadInput: nested too deeply, or needing too much memory.
  static Result<HtmlTree> parse(std::string_view text, Scope scope);
  HtmlTree(HtmlTree&&) noexcept;
  HtmlTree& operator=(HtmlTree&&) noexcept;
  ~HtmlTree();

  const GumboNode* root() const { return root_; }

 private:
  struct Heap;
  explicit HtmlTree(std::unique_ptr<Heap> heap);
  std::unique_ptr<Heap> heap_;
  const GumboNode* root_ = nullptr;
};

// The value of an attribute; "" without it.
std::string_view attribute(const GumboNode& element, const char* name);
const GumboVector* children_of(const GumboNode& node);  // nullptr for text
bool is_element(const GumboNode& node, GumboTag tag);
// True for what a reader of the page does not see: scripts, styles, templates, `hidden`, display:none.
bool is_hidden(const GumboNode& node);
// All visible text below a node, block by block on lines of its own. Not yet running text.
std::string text_below(const GumboNode& node);

// "&amp;" to "&": one character reference of HTML, or the text as it is if it is none.
std::string decode_entity(std::string_view entity);

}  // namespace grounds::parsing
