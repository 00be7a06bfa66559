#include "heap/process_identity.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap/proc_text.h"

namespace seep {
namespace {

constexpr char kStatus[] =
    "Name:\tx\nUid:\t1000\t1001\t1000\t1000\nNSpid:\t4711\t12\t1\nVmRSS:\t    2048 kB\n";

TEST(ParseProcessIdentityTest, NameMayHoldAnything) {
  // Field 22 is 555; the name pretends to be the end of itself.
  auto identity = ParseProcessIdentity(
      "4711 (a) Z 1 2 (b)) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 555 19 20\n", kStatus);
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->pid, 4711);
  EXPECT_EQ(identity->pid_in_namespace, 1);
  EXPECT_EQ(identity->start_ticks, 555);
  EXPECT_EQ(identity->uid, 1001);
  EXPECT_FALSE(identity->ended);
}

TEST(ParseProcessIdentityTest, SaysWhatIsMissing) {
  EXPECT_FALSE(ParseProcessIdentity("", kStatus).ok());
  EXPECT_FALSE(ParseProcessIdentity("1 (x) S 1 2 3", kStatus).ok());
  std::string stat = "1 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 555";
  EXPECT_TRUE(ParseProcessIdentity(stat, kStatus).ok());
  EXPECT_FALSE(ParseProcessIdentity(stat, "Uid:\t0\t0\t0\t0\n").ok());
  EXPECT_FALSE(ParseProcessIdentity(stat, "NSpid:\t1\n").ok());
}

TEST(ProcFieldTest, FindsWholeNamesOnly) {
  EXPECT_EQ(ProcField(kStatus, "NSpid"), "4711\t12\t1");
  EXPECT_EQ(ProcField(kStatus, "pid"), "");
  EXPECT_EQ(ProcFieldBytes(kStatus, "VmRSS"), 2048u * 1024);
  EXPECT_EQ(ProcFieldBytes(kStatus, "Name"), std::nullopt);
  EXPECT_EQ(ProcFieldBytes("VmRSS: 99999999999999999999 kB\n", "VmRSS"), std::nullopt);
}

class FindProcessTest : public ::testing::Test {
 protected:
  std::string boot_ = *ReadBootId();
  ProcessIdentity self_ = *ReadProcessIdentity(static_cast<uint32_t>(getpid()));

  std::optional<ProcessIdentity> Find(const ProcessIdentity& who) {
    return FindProcess(boot_, *who.pid_namespace, who.pid_in_namespace, who.start_ticks);
  }
};

TEST_F(FindProcessTest, FindsItself) {
  auto found = Find(self_);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->pid, static_cast<uint32_t>(getpid()));
  EXPECT_EQ(found->uid, geteuid());
}

TEST_F(FindProcessTest, APidAloneIsNotEnough) {
  ProcessIdentity later = self_;
  later.start_ticks += 1;
  EXPECT_FALSE(Find(later).has_value());
  ProcessIdentity elsewhere = self_;
  elsewhere.pid_namespace = 1;
  EXPECT_FALSE(Find(elsewhere).has_value());
  EXPECT_FALSE(
      FindProcess("another boot", *self_.pid_namespace, self_.pid_in_namespace, self_.start_ticks)
          .has_value());
}

TEST_F(FindProcessTest, AZombieHasEnded) {
  pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t info;
  waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
  auto zombie = ReadProcessIdentity(static_cast<uint32_t>(child));
  ASSERT_TRUE(zombie.ok());
  EXPECT_TRUE(zombie->ended);
  EXPECT_FALSE(
      FindProcess(boot_, *self_.pid_namespace, zombie->pid_in_namespace, zombie->start_ticks)
          .has_value());
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(absl::IsNotFound(ReadProcessIdentity(static_cast<uint32_t>(child)).status()));
}

}  // namespace
}  // namespace seep
