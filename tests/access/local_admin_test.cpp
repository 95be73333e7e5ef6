#include "access/local_admin.h"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace grounds;

TEST_CASE("the server's own user and root are the local administrator, and nobody else is") {
  CHECK(check_local_admin({1000, false, false}, 1000));
  CHECK(check_local_admin({0, false, false}, 1000));
  for (const std::optional<uid_t> user : {std::optional<uid_t>(1001), std::optional<uid_t>(65534), std::optional<uid_t>()}) {
    const Status status = check_local_admin({user, false, false}, 1000);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == ErrorCode::kRefused);
    CHECK_FALSE(status.error().hint.empty());
  }
  // A server that runs as root is no open door: other users are not root.
  CHECK_FALSE(check_local_admin({1000, false, false}, 0));
}

TEST_CASE("a page in the user's browser and a proxy of the user are not the user") {
  CHECK_FALSE(check_local_admin({1000, true, false}, 1000));
  CHECK_FALSE(check_local_admin({1000, false, true}, 1000));
  CHECK_FALSE(check_local_admin({0, true, true}, 1000));
}

TEST_CASE("who changed something is noted by name, or by number where there is none") {
  CHECK(local_actor(0) == "local:root");
  CHECK(local_actor(3'999'999'999) == "local:3999999999");
}
