#include "heap/cgroup_limit.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "heap/memory_use.h"
#include "tests/heap/temporary_directory.h"

namespace seep {
namespace {

// A cgroup file system made of ordinary files.
class CgroupLimitTest : public ::testing::Test {
 protected:
  void Put(const std::string& path, const std::string& text) {
    std::filesystem::path file(root_ / path);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << "\n";
  }
  std::string MountV2(const std::string& shown = "/") {
    return "30 23 0:26 " + shown + " " + (root_ / "v2") +
           " rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
  }
  std::string MountV1() {
    return "31 23 0:27 / " + (root_ / "v1cpu") + " rw - cgroup cgroup rw,cpu,cpuacct\n" +
           "32 23 0:28 / " + (root_ / "v1") + " rw shared:9 - cgroup cgroup rw,memory\n";
  }
  testing::TemporaryDirectory root_;
};

TEST_F(CgroupLimitTest, SmallestOfTheAncestors) {
  Put("v2/a/memory.max", "5000");
  Put("v2/a/b/memory.max", "9000");
  Put("v2/a/b/c/memory.max", "max");
  EXPECT_EQ(CgroupMemoryLimit("0::/a/b/c\n", MountV2()), 5000);
}

TEST_F(CgroupLimitTest, NoLimit) {
  Put("v2/a/memory.max", "max");
  EXPECT_EQ(CgroupMemoryLimit("0::/a\n", MountV2()), std::nullopt);
  EXPECT_EQ(CgroupMemoryLimit("0::/gone\n", MountV2()), std::nullopt);
  EXPECT_EQ(CgroupMemoryLimit("", ""), std::nullopt);
}

TEST_F(CgroupLimitTest, UsageIsThatOfTheGroupWithTheLimit) {
  Put("v2/a/memory.max", "5000");
  Put("v2/a/memory.current", "4000");
  Put("v2/a/b/memory.max", "9000");
  Put("v2/a/b/memory.current", "1000");
  EXPECT_EQ(CgroupMemoryUsage("0::/a/b\n", MountV2()), 4000);
  Put("v2/c/memory.max", "max");
  Put("v2/c/memory.current", "300");
  EXPECT_EQ(CgroupMemoryUsage("0::/c\n", MountV2()), 300) << "no limit: its own";
  EXPECT_EQ(CgroupMemoryUsage("0::/gone\n", MountV2()), std::nullopt);
  Put("v1/a/memory.limit_in_bytes", "7000");
  Put("v1/a/memory.usage_in_bytes", "6000");
  EXPECT_EQ(CgroupMemoryUsage("4:memory:/a\n0::/\n", MountV1()), 6000);
}

TEST_F(CgroupLimitTest, VersionOne) {
  Put("v1/memory.limit_in_bytes", "9223372036854771712");
  Put("v1/a/memory.limit_in_bytes", "7000");
  Put("v1cpu/a/memory.limit_in_bytes", "1");
  EXPECT_EQ(CgroupMemoryLimit("9:cpu,cpuacct:/a\n4:memory:/a\n0::/\n", MountV1()), 7000);
  EXPECT_EQ(CgroupMemoryLimit("4:memory:/\n", MountV1()), std::nullopt);
}

TEST_F(CgroupLimitTest, HybridHasMemoryInOneOfThem) {
  Put("v1/a/memory.limit_in_bytes", "7000");
  EXPECT_EQ(CgroupMemoryLimit("4:memory:/a\n0::/u\n", MountV1() + MountV2()), 7000);
  Put("v2/u/memory.max", "8000");
  EXPECT_EQ(CgroupMemoryLimit("4:cpu:/a\n0::/u\n", MountV1() + MountV2()), 8000);
}

TEST_F(CgroupLimitTest, ContainerSeesOnlyItsOwnPart) {
  Put("v2/memory.max", "6000");
  Put("v2/x/memory.max", "4000");
  EXPECT_EQ(CgroupMemoryLimit("0::/docker/abc/x\n", MountV2("/docker/abc")), 4000);
  EXPECT_EQ(CgroupMemoryLimit("0::/docker/abcd\n", MountV2("/docker/abc")), std::nullopt);
  EXPECT_EQ(CgroupMemoryLimit("0::/../outside\n", MountV2()), std::nullopt);
}

TEST(MemoryUseTest, OfThisProcess) {
  MemoryUse use = ReadMemoryUse(static_cast<uint32_t>(getpid()));
  ASSERT_TRUE(use.rss.has_value());
  EXPECT_GT(*use.rss, 1u << 20);
  EXPECT_TRUE(use.swap.has_value());
  EXPECT_EQ(ReadMemoryUse(0x7ffffff0).rss, std::nullopt);
}

}  // namespace
}  // namespace seep
