#include "ingest/worker/sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

namespace {

// What both kinds of process give up.
Status enter_common(int parent_process, rlim_t open_files) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return cannot("PR_SET_PDEATHSIG", errno);
  // The parent may have ended before that call.
  if (parent_process != 0 && getppid() != parent_process) {
    return fail(ErrorCode::kUnavailable, "the parser process has lost its parent");
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return cannot("PR_SET_NO_NEW_PRIVS", errno);
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return cannot("PR_SET_DUMPABLE", errno);
  GROUNDS_RETURN_IF_ERROR(set_limit("RLIMIT_CORE", RLIMIT_CORE, 0));
  GROUNDS_RETURN_IF_ERROR(set_limit("RLIMIT_FSIZE", RLIMIT_FSIZE, 0));
  return set_limit("RLIMIT_NOFILE", RLIMIT_NOFILE, open_files);
}

// What programs need besides, to be loaded and to read their own files. Opening is allowed for reading only.
constexpr std::array kAllowedTool = {
    SCMP_SYS(pread64),     SCMP_SYS(stat),            SCMP_SYS(lstat),      SCMP_SYS(statx),     SCMP_SYS(access),
    SCMP_SYS(faccessat),   SCMP_SYS(faccessat2),      SCMP_SYS(readlink),   SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),  SCMP_SYS(fcntl),           SCMP_SYS(dup),        SCMP_SYS(poll),      SCMP_SYS(fadvise64),
    SCMP_SYS(arch_prctl),  SCMP_SYS(set_tid_address), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(mmap),
    SCMP_SYS(mprotect),    SCMP_SYS(getuid),          SCMP_SYS(geteuid),    SCMP_SYS(getgid),    SCMP_SYS(getegid),
    SCMP_SYS(statfs),      SCMP_SYS(fstatfs),         SCMP_SYS(sysinfo),    SCMP_SYS(getppid),   SCMP_SYS(time),
    SCMP_SYS(clock_getres), SCMP_SYS(sched_setaffinity),
};

Status install_tool_filter(const char* program) {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
  if (!filter) return cannot("seccomp", ENOMEM);
  int error = 0;
  const auto allow = [&](int call) {
    if (error == 0) error = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0);
  };
  for (const int call : kAllowed) {
    if (call != SCMP_SYS(tgkill)) allow(call);
  }
  for (const int call : kAllowedTool) allow(call);
  const auto allow_if = [&](int call, scmp_arg_cmp condition) {
    if (error == 0) error = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 1, condition);
  };
  constexpr int kChanges = O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE;
  allow_if(SCMP_SYS(open), SCMP_A1(SCMP_CMP_MASKED_EQ, static_cast<scmp_datum_t>(kChanges & ~O_DIRECTORY), O_RDONLY));
  allow_if(SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, static_cast<scmp_datum_t>(kChanges & ~O_DIRECTORY), O_RDONLY));
  allow_if(SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0));  // asking, not setting
  allow_if(SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid())));  // abort()
  allow_if(SCMP_SYS(execve), SCMP_A0(SCMP_CMP_EQ, reinterpret_cast<scmp_datum_t>(program)));
  if (error == 0) error = seccomp_load(filter.get());
  if (error != 0) return cannot("seccomp", -error);
  return {};
}

// Leaves reading and running of what is below the system's folders. False on kernels without Landlock.
bool restrict_files() {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE |
                                 LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG;
  const long ruleset = syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
  if (ruleset < 0) return false;
  for (const char* folder : {"/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives",
                             "/etc/catdocrc", "/var/cache/fontconfig"}) {
    const int descriptor = open(folder, O_PATH | O_CLOEXEC);
    if (descriptor < 0) continue;
    struct stat status {};
    const bool is_folder = fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
    landlock_path_beneath_attr rule{};
    rule.parent_fd = descriptor;
    rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE;
    if (is_folder) rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
    (void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(descriptor);
  }
  const bool done = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  close(static_cast<int>(ruleset));
  return done;
}

}  // namespace

Status enter_tool_sandbox(std::uint64_t memory_bytes, std::uint64_t cpu_seconds, int parent_process, const char* program,
                          bool must_confine_files) {
  GROUNDS_RETURN_IF_ERROR(enter_common(parent_process, 64));
  GROUNDS_RETURN_IF_ERROR(set_limit("RLIMIT_CPU", RLIMIT_CPU, cpu_seconds));
  GROUNDS_RETURN_IF_ERROR(set_limit("RLIMIT_AS", RLIMIT_AS, memory_bytes));
  if (!restrict_files() && must_confine_files) return fail(ErrorCode::kUnavailable, "this kernel has no Landlock");
  return install_tool_filter(program);
}

Status enter_sandbox(const SandboxLimits& limits) {
  GROUNDS_RETURN_IF_ERROR(enter_common(limits.parent_process, 8));
  if (limits_address_space()) {
    GROUNDS_RETURN_IF_ERROR(set_limit("RLIMIT_AS", RLIMIT_AS, limits.memory_bytes));
  }
  return install_filter();
}

}  // namespace grounds::worker
