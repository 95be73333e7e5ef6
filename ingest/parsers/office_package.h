// Office Open XML packages (ECMA-376 part 2): parts, and how they refer to each other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ingest/parsers/xml_events.h"
#include "ingest/parsers/zip_archive.h"

namespace grounds::parsing {

struct Relationship {
  std::string id;
  std::string type;    // the last part of its URI: "worksheet", "styles", "slide"
  std::string target;  // path of the part in the package; "" for what lies outside
};

class OfficePackage {
 public:
  OfficePackage(ZipArchive archive, ParseContext& context) : archive_(std::move(archive)), context_(context) {}

  // The main part: the one of the package's relationship, or `usual` where there is none.
  std::string main_part(std::string_view usual);
  // Of a part ("" for the package itself); empty if it has none, or none that can be read.
  std::vector<Relationship> relationships_of(std::string_view part);
  // Reads a part that may be missing. Whatever is wrong with it becomes a warning, and false is returned.
  bool read_part(std::string_view part, XmlHandler& handler, std::vector<std::string>& warnings);
  // Reads a part without which there is no document.
  Status read_main(std::string_view part, XmlHandler& handler, std::vector<std::string>& warnings);
  const ZipArchive& archive() const { return archive_; }
  // The title that a part with the document's properties gives; "" without one.
  std::string title_in(std::string_view part, std::vector<std::string>& warnings);
  // The title in the package's core properties; "" without one.
  std::string core_title();

 private:
  ZipArchive archive_;
  ParseContext& context_;
};

// `target`, as a part in the folder of `part` refers to it: "../media/a.png" from "ppt/slides/b.xml".
std::string resolve_part(std::string_view part, std::string_view target);
// The target of the relationship with this id or of this type (the first one); "" without it.
std::string target_of_id(const std::vector<Relationship>& relationships, std::string_view id);
std::string target_of_type(const std::vector<Relationship>& relationships, std::string_view type);

}  // namespace grounds::parsing
