#include "answer/answer.h"

namespace grounds {

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kSupported: return "supported";
    case Verdict::kPartly: return "partly";
    case Verdict::kUnsupported: return "unsupported";
    case Verdict::kNotFound: return "not_found";
  }
  return "unsupported";
}

}  // namespace grounds
