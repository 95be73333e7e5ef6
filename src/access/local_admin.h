// Who may write over HTTP as long as there are no keys: whoever could do the same on the command line.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "grounds/result.h"

namespace grounds {

// What is known of a client that asks for more than to read.
struct LocalClient {
  std::optional<uid_t> user;     // whose its socket is, on this machine
  bool from_page = false;        // a browser's request for a page: it says an Origin, or a site it comes from
  bool forwarded = false;        // it came through a proxy, which speaks for others
};

// The local administrator is a client on loopback whose socket belongs to the user that the server runs
// as, or to root: both could run the command line on the workspace. A page in that user's browser is not
// that user, and a proxy of that user speaks for anybody. kRefused says which of it is the case.
Status check_local_admin(const LocalClient& client, uid_t server_user);

// "local:NAME", as the command line notes who changed something.
std::string local_actor(uid_t user);

}  // namespace grounds
