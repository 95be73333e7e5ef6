#include "access/local_admin.h"

#include <pwd.h>

#include <array>

namespace grounds {

Status check_local_admin(const LocalClient& client, uid_t server_user) {
  if (client.from_page)
    return fail(ErrorCode::kRefused, "a web page may not do this: the request has an Origin or Sec-Fetch-Site header",
                "send it from a program, not from a page");
  if (client.forwarded)
    return fail(ErrorCode::kRefused, "this may not be done through a proxy: the request says that it was forwarded",
                "connect to the server directly, on its own machine");
  if (!client.user)
    return fail(ErrorCode::kRefused, "only the server's own user may do this, and whose connection this is could not be found out",
                "connect over loopback from the server's own machine, and keep the connection open");
  if (*client.user != server_user && *client.user != 0)
    return fail(ErrorCode::kRefused, "only the server's own user may do this: the connection is of another user of this machine",
                "send the request as the user that the server runs as");
  return {};
}

std::string local_actor(uid_t user) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer;
  if (getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found) return "local:" + std::string(found->pw_name);
  return "local:" + std::to_string(user);
}

}  // namespace grounds
