#include <atomic>
#include <chrono>
#include <thread>

#include "cli/session.h"
#include "cli/terminal.h"
#include "server/server.h"

namespace grounds::cli {

void add_serve(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("serve", "Answer over HTTP until SIGTERM or Ctrl-C");
  auto listen = std::make_shared<std::string>();
  command->add_option("--listen", *listen, "HOST:PORT (else server.listen of grounds.toml); port 0 takes a free one");
  command->callback([&session, listen] {
    session.command = [&session, listen]() -> Result<int> {
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      GROUNDS_ASSIGN_OR_RETURN(ListenAddress address, parse_listen_address(
                                                          listen->empty() ? engine->configuration().listen : *listen));
      GROUNDS_ASSIGN_OR_RETURN(auto server, Server::bind(*engine, address));
      watch_interrupts();
      if (session.json) print_json({{"url", server->url()}});
      else print_line("serving on " + server->url());
      std::fflush(stdout);
      std::atomic<bool> done = false;
      std::thread watcher([&] {
        while (!done && !interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
        server->stop();
      });
      Status status = server->run();
      done = true;
      watcher.join();
      GROUNDS_RETURN_IF_ERROR(status);
      if (!session.quiet) print_note("stopped");
      return kDone;
    };
  });
}

}  // namespace grounds::cli
