#include "server/http_hints.h"

#include <doctest/doctest.h>

using namespace grounds;

TEST_CASE("what a client can do is said in routes and fields") {
  CHECK(http_hint("create it: grounds collections create x; there are: default") == "create it: POST /v1/collections, with the name x; there are: default");
  CHECK(http_hint("nothing is ingested yet: grounds ingest FOLDER") == "nothing is ingested yet: PUT /v1/collections/default/documents?uri=...");
  CHECK(http_hint("name a generation up to the newest, or leave --as-of out") == "name a generation up to the newest, or leave 'as_of' out");
  CHECK(http_hint("embed anew: grounds collections create NEW --model M") == "embed anew: POST /v1/collections, with the name NEW, with the model M");
}

TEST_CASE("what only somebody on the server's machine can do is said to be that, and all else stays") {
  CHECK(http_hint("run: grounds doctor") == "on the server's machine: run: grounds doctor");
  CHECK(http_hint("wait for it") == "wait for it");
  CHECK(http_hint("") == "");
}
