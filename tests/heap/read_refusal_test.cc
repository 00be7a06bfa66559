// Which rule of the kernel it was, by what /proc shows. (Refusals by the kernel itself:
// tests/e2e/permission_test.cc.)
#include "heap/read_refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>

namespace seep {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kAll = 0x1ffffffffff;
constexpr uint64_t kSysPtrace = uint64_t{1} << CAP_SYS_PTRACE;

Credentials User(uint64_t id) {
  return {.uids = {id, id, id}, .gids = {id, id, id}, .uid_map = "0 0 4294967295\n"};
}
Credentials Root(uint64_t capabilities = kAll) {
  Credentials root = User(0);
  root.permitted = root.effective = capabilities;
  return root;
}

TEST(ReadRefusalTest, NamesTheUser) {
  RefusalFacts facts{.ours = User(1001), .theirs = User(1000)};
  EXPECT_EQ(ExplainRefusal(facts), ReadRefusal::kUser);
  std::string message = DescribeRefusal(7, facts);
  EXPECT_THAT(message, HasSubstr("it runs as uid 1000, gid 1000, seep as uid 1001, gid 1001"));
  EXPECT_THAT(message, HasSubstr("sudo -u '#1000' seep"));

  // One of six numbers is enough.
  facts.ours = User(1000);
  facts.theirs.gids[2] = 0;
  EXPECT_EQ(ExplainRefusal(facts), ReadRefusal::kUser);
  EXPECT_THAT(DescribeRefusal(7, facts), HasSubstr("saved 0"));
}

TEST(ReadRefusalTest, NamesWhatIsNotDumpable) {
  RefusalFacts facts{.ours = User(1000), .theirs = User(1000), .dumpable = false};
  EXPECT_EQ(ExplainRefusal(facts), ReadRefusal::kNotDumpable);
  EXPECT_THAT(DescribeRefusal(7, facts), HasSubstr("PR_SET_DUMPABLE"));
}

TEST(ReadRefusalTest, NamesTheCapability) {
  RefusalFacts facts{.ours = Root(kAll & ~kSysPtrace), .theirs = Root()};
  EXPECT_EQ(ExplainRefusal(facts), ReadRefusal::kCapabilities);
  EXPECT_THAT(DescribeRefusal(7, facts), HasSubstr("--cap-add SYS_PTRACE"));
  facts.theirs = Root(0);  // nothing that we have not
  EXPECT_EQ(ExplainRefusal(facts), ReadRefusal::kUnknown);
}

TEST(ReadRefusalTest, NamesTheUserNamespace) {
  RefusalFacts facts{.ours = Root(), .theirs = Root(), .in_first_user_namespace = false};
  facts.ours.uid_map = "0 1000 1\n";
  EXPECT_EQ(ExplainRefusal(facts), ReadRefusal::kUserNamespace);
  EXPECT_THAT(DescribeRefusal(4711, facts), HasSubstr("nsenter --user --target 4711"));
  // On the host, root's capabilities count in all namespaces: that it was is not the reason.
  facts.in_first_user_namespace = true;
  EXPECT_EQ(ExplainRefusal(facts), ReadRefusal::kUnknown);
}

// What Documentation/admin-guide/LSM/Yama.rst says of each value.
TEST(ReadRefusalTest, NamesThePtraceScope) {
  RefusalFacts facts{.ours = User(1000), .theirs = User(1000)};
  auto with = [&facts](std::string scope) {
    facts.ptrace_scope = scope;
    return ExplainRefusal(facts);
  };
  EXPECT_EQ(with(""), ReadRefusal::kUnknown);
  EXPECT_EQ(with("0\n"), ReadRefusal::kUnknown);
  EXPECT_EQ(with("1\n"), ReadRefusal::kPtraceScope);
  EXPECT_THAT(DescribeRefusal(7, facts), HasSubstr("ptrace_scope is 1, so that only a process's"));
  EXPECT_THAT(DescribeRefusal(7, facts), HasSubstr("sudo sysctl kernel.yama.ptrace_scope=0"));
  EXPECT_EQ(with("2\n"), ReadRefusal::kPtraceScope);
  EXPECT_EQ(with("3\n"), ReadRefusal::kPtraceScope);
  EXPECT_THAT(DescribeRefusal(7, facts), HasSubstr("until the next boot"));

  facts.ours = Root();
  EXPECT_EQ(with("2\n"), ReadRefusal::kUnknown) << "CAP_SYS_PTRACE may";
  EXPECT_EQ(with("3\n"), ReadRefusal::kPtraceScope) << "nobody may";
}

TEST(ReadRefusalTest, AnotherUserComesBeforeThePtraceScope) {
  RefusalFacts facts{.ours = User(1001), .theirs = User(1000), .ptrace_scope = "1\n"};
  EXPECT_EQ(ExplainRefusal(facts), ReadRefusal::kUser);
}

TEST(ReadRefusalTest, ParsesCredentials) {
  absl::StatusOr<Credentials> parsed = ParseCredentials(
      "Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nCapInh:\t0000000000000000\n"
      "CapPrm:\t000001ffffffffff\nCapEff:\t0000000000080000\n");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->uids, (std::array<uint64_t, 3>{1, 2, 3}));
  EXPECT_EQ(parsed->gids, (std::array<uint64_t, 3>{5, 6, 7}));
  EXPECT_EQ(parsed->permitted, kAll);
  EXPECT_EQ(parsed->effective, kSysPtrace);
  for (const char* damaged : {"", "Uid:\t1\t2\n", "Uid:\t1\t2\t3\t4\nGid:\ta\tb\tc\td\n"}) {
    EXPECT_FALSE(ParseCredentials(damaged).ok()) << damaged;
  }
}

}  // namespace
}  // namespace seep
