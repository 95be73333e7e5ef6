#include "ingest/worker/sandbox.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

namespace grounds::worker {
namespace {

tl::unexpected<Error> cannot(const char* what, int error) {
  return fail(ErrorCode::kUnavailable,
              std::string("the parser process cannot be limited: ") + what + ": " + std::strerror(error),
              "parsing needs Linux with seccomp; in a container, allow the prctl and seccomp system calls");
}

Status set_limit(const char* name, __rlimit_resource_t resource, rlim_t value) {
  const rlimit limit{value, value};
  if (setrlimit(resource, &limit) != 0) return cannot(name, errno);
  return {};
}

// What the C and C++ libraries need to run, and no more.
constexpr std::array kAllowed = {
    SCMP_SYS(read),          SCMP_SYS(write),        SCMP_SYS(readv),       SCMP_SYS(writev),
    SCMP_SYS(close),         SCMP_SYS(lseek),        SCMP_SYS(fstat),       SCMP_SYS(newfstatat),
    SCMP_SYS(munmap),        SCMP_SYS(mremap),       SCMP_SYS(madvise),     SCMP_SYS(brk),
    SCMP_SYS(futex),         SCMP_SYS(exit),         SCMP_SYS(exit_group),  SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigprocmask), SCMP_SYS(sigaltstack), SCMP_SYS(getpid),
    SCMP_SYS(gettid),        SCMP_SYS(tgkill),       SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),     SCMP_SYS(sched_yield),  SCMP_SYS(restart_syscall), SCMP_SYS(getrusage),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(uname),
};
// Libraries try these in passing and go on without.
constexpr std::array kRefused = {SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(access), SCMP_SYS(readlink),
                                 SCMP_SYS(ioctl), SCMP_SYS(prctl)};

Status install_filter() {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_KILL_PROCESS),
                                                               seccomp_release);
  if (!filter) return cannot("seccomp", ENOMEM);
  const auto add = [&](std::uint32_t action, int call) { return seccomp_rule_add(filter.get(), action, call, 0); };
  for (const int call : kAllowed) {
    if (const int error = add(SCMP_ACT_ALLOW, call); error != 0) return cannot("seccomp", -error);
  }
  for (const int call : kRefused) {
    if (const int error = add(SCMP_ACT_ERRNO(EPERM), call); error != 0) return cannot("seccomp", -error);
  }
  // Memory yes, code no.
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    const int error = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 1,
                                       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (error != 0) return cannot("seccomp", -error);
  }
  if (const int error = seccomp_load(filter.get()); error != 0) return cannot("seccomp", -error);
  return {};
}

}  // namespace

bool limits_address_space() {
#if defined(__SANITIZE_ADDRESS__)
  return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  return false;
#else
  return true;
#endif
#else
  return true;
#endif
}

Status enter_sandbox(const SandboxLimits& limits) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return cannot("PR_SET_PDEATHSIG", errno);
  // The parent may have ended before that call.
  if (limits.parent_process != 0 && getppid() != limits.parent_process) {
    return fail(ErrorCode::kUnavailable, "the parser process has lost its parent");
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return cannot("PR_SET_NO_NEW_PRIVS", errno);
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return cannot("PR_SET_DUMPABLE", errno);
  GROUNDS_RETURN_IF_ERROR(set_limit("RLIMIT_CORE", RLIMIT_CORE, 0));
  GROUNDS_RETURN_IF_ERROR(set_limit("RLIMIT_FSIZE", RLIMIT_FSIZE, 0));
  GROUNDS_RETURN_IF_ERROR(set_limit("RLIMIT_NOFILE", RLIMIT_NOFILE, 8));
  if (limits_address_space()) {
    GROUNDS_RETURN_IF_ERROR(set_limit("RLIMIT_AS", RLIMIT_AS, limits.memory_bytes));
  }
  return install_filter();
}

}  // namespace grounds::worker
