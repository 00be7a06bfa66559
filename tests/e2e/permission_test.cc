// No permission: the message says which of the kernel's rules it was, and what to type.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/support/scratch.h"
#include "tests/e2e/support/seep_command.h"

namespace seep::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uid_t kSomebody = 1000, kSomebodyElse = 1001;

void Become(uid_t user) {
  bool done = setresgid(user, user, user) == 0 && setresuid(user, user, user) == 0;
  if (!done) _exit(126);
}

class Permission : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  }

  static std::unique_ptr<Process> Target(const std::function<void()>& before_exec) {
    Launch launch{.command = {Program("e2e_hostile_heap"), "--objects", "1000"}};
    launch.before_exec = before_exec;
    auto process = std::make_unique<Process>(launch);
    EXPECT_EQ(process->ReadLine(), "ready");
    return process;
  }

  static Outcome SeepAs(const std::function<void()>& before_exec,
                        std::vector<std::string> arguments) {
    Launch launch{.command = {Program("seep")}};
    launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
    launch.before_exec = before_exec;
    return RunToEnd(launch);
  }

  // By every verb that looks at the whole process; returns the message of the last.
  static std::string Refusal(const Process& process, const std::function<void()>& before_exec) {
    std::string pid = std::to_string(process.pid()), message;
    Scratch scratch;
    for (std::vector<std::string> arguments :
         {std::vector<std::string>{"snap", pid, "-o", scratch / "x.seep"},
          {pid, "--interval", "0", "-o", scratch / "x.seep"},
          {"report", pid},
          {"report", pid, "--consistency", "stop"},
          {"report", pid, "--consistency", "fork"},
          {"instances", pid, "--class", "Tenant"}}) {
      Outcome outcome = SeepAs(before_exec, arguments);
      EXPECT_EQ(outcome.code, 3) << arguments[0];
      EXPECT_EQ(outcome.out, "");
      EXPECT_TRUE(message.empty() || message == outcome.err) << outcome.err;
      message = outcome.err;
    }
    EXPECT_THAT(message, HasSubstr("seep: process " + pid + ": its memory may not be read: "));
    printf("  %s", message.c_str());
    return message;
  }
};

TEST_F(Permission, OfAnotherUser) {
  auto process = Target([] { Become(kSomebody); });
  EXPECT_THAT(Refusal(*process, [] { Become(kSomebodyElse); }),
              AllOf(HasSubstr("it runs as uid 1000, gid 1000, seep as uid 1001, gid 1001"),
                    HasSubstr("sudo -u '#1000' seep")));
}

TEST_F(Permission, OfTheSameUserIsGiven) {
  auto process = Target([] { Become(kSomebody); });
  Outcome outcome = SeepAs([] { Become(kSomebody); }, {"report", std::to_string(process->pid())});
  std::ifstream scope("/proc/sys/kernel/yama/ptrace_scope");
  if (scope.get() >= '1') {
    EXPECT_THAT(outcome.err, HasSubstr("kernel.yama.ptrace_scope"));
    return;
  }
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Tenant"));
}

TEST_F(Permission, OfTheSameUserIsGivenWhereFilesAreMapped) {
  Scratch scratch;
  std::ofstream(scratch / "data") << std::string(300'000, 'x');
  std::filesystem::permissions(scratch.path(), std::filesystem::perms::all);
  std::filesystem::permissions(scratch / "data", std::filesystem::perms::all);
  Launch launch{.command = {Program("mappings"), scratch / "data"}};
  launch.before_exec = [] { Become(kSomebody); };
  Process process(launch);
  for (std::string line; (line = process.ReadLine()) != "ready";) ASSERT_NE(line, "");
  std::filesystem::remove(scratch / "data");
  Outcome outcome = SeepAs([] { Become(kSomebody); }, {"report", std::to_string(process.pid())});
  EXPECT_THAT(outcome.err, Not(HasSubstr("what it maps from")));
}

TEST_F(Permission, WithoutTheCapability) {
  auto process = Target([] {});
  EXPECT_THAT(Refusal(*process, [] { prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE); }),
              AllOf(HasSubstr("it has capabilities that seep has not"),
                    HasSubstr("setcap cap_sys_ptrace+ep"), HasSubstr("--cap-add SYS_PTRACE")));
}

// A program whose file its user may not read is not dumpable, as one that called prctl.
TEST_F(Permission, OfWhatIsNotDumpable) {
  Scratch scratch;
  std::filesystem::copy(Program("e2e_hostile_heap"), scratch / "secret");
  chmod(scratch.path().c_str(), 0755);
  chmod((scratch / "secret").c_str(), 0711);
  Launch launch{.command = {scratch / "secret", "--objects", "1000"}};
  launch.before_exec = [] { Become(kSomebody); };
  Process unreadable(launch);
  ASSERT_EQ(unreadable.ReadLine(), "ready");
  EXPECT_THAT(Refusal(unreadable, [] { Become(kSomebody); }), HasSubstr("it is not dumpable"));

  Launch by_choice{.command = {Program("e2e_hostile_heap"), "--objects", "1000", "--undumpable"}};
  by_choice.before_exec = launch.before_exec;
  Process chosen(by_choice);
  ASSERT_EQ(chosen.ReadLine(), "ready");
  EXPECT_THAT(Refusal(chosen, [] { Become(kSomebody); }),
              AllOf(HasSubstr("it is not dumpable"), HasSubstr("sudo seep")));
}

TEST_F(Permission, FromAnotherUserNamespace) {
  auto process = Target([] {});
  auto leave = [] {
    if (unshare(CLONE_NEWUSER) != 0) _exit(125);
  };
  if (SeepAs(leave, {"--version"}).code == 125) GTEST_SKIP() << "user namespaces are off here";
  EXPECT_THAT(Refusal(*process, leave),
              AllOf(HasSubstr("it is in another user namespace than seep"),
                    HasSubstr("nsenter --user --target " + std::to_string(process->pid()))));
}

TEST_F(Permission, ByThePtraceScope) {
  std::string path = "/proc/sys/kernel/yama/ptrace_scope";
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "this kernel has no Yama; heap_test's ReadRefusalTest has its four values";
  }
  char before = static_cast<char>(std::ifstream(path).get());
  auto process = Target([] { Become(kSomebody); });
  std::ofstream(path) << '1';
  std::string message = Refusal(*process, [] { Become(kSomebody); });
  std::ofstream(path) << before;
  EXPECT_THAT(message, AllOf(HasSubstr("kernel.yama.ptrace_scope is 1"), HasSubstr("sysctl")));
}

// --- Where the process cannot even be seen
// ----------------------------------------------------------

TEST_F(Permission, FromAnotherPidNamespace) {
  auto process = Target([] {});
  Outcome outcome = RunToEnd({.command = {"unshare", "--pid", "--fork", "--mount-proc",
                                          Program("seep"), "report", "4194000"}});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("process 4194000: no such process in the pid namespace"));
}

TEST_F(Permission, WhereProcHidesOthers) {
  auto process = Target([] {});
  std::string script =
      "mount -t proc -o hidepid=invisible proc /proc && exec setpriv --reuid 1001 "
      "--regid 1001 --clear-groups '" +
      Program("seep") + "' report " + std::to_string(process->pid());
  Outcome outcome = RunToEnd({.command = {"unshare", "--mount", "sh", "-c", script}});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("hidepid"), HasSubstr("sudo seep")));
}

TEST_F(Permission, OfAKernelThread) {
  std::string name;
  std::getline(std::ifstream("/proc/2/comm"), name);
  if (name != "kthreadd") GTEST_SKIP() << "no kernel thread is seen here";
  Outcome outcome = Seep({"report", "2"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("process 2: it has ended, or is a kernel thread"));
}

}  // namespace
}  // namespace seep::e2e
