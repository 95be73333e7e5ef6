// Hints of errors, in the words of whoever speaks HTTP.
#pragma once

#include <string>
#include <string_view>

namespace grounds {

// The functions below speak of the command line, which is one of two front ends. What a client can do is said
// in routes and fields; what only somebody on the server's machine can do is said to be that; all else stays.
std::string http_hint(std::string_view hint);

}  // namespace grounds
