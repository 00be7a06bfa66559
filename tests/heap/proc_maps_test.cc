#include "heap/proc_maps.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>

#include "tests/heap/temporary_directory.h"

namespace seep {
namespace {

TEST(ParseMapsTest, ReadsEveryField) {
  auto maps = ParseMaps(
      "55d0c0a00000-55d0c0a21000 r-xp 00002000 fd:01 1234                       /usr/bin/x\n"
      "7ffd0a5e8000-7ffd0a609000 rw-p 00000000 00:00 0                          [stack]\n"
      "7f0000000000-7f0000001000 rw-s 00000000 00:18 77 /dev/shm/a b  c (deleted)\n"
      "7f0000002000-7f0000003000 ---p 00000000 00:00 0 \n"
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n");
  ASSERT_TRUE(maps.ok()) << maps.status();
  ASSERT_EQ(maps->size(), 5u);
  const Mapping& code = (*maps)[0];
  EXPECT_EQ(code.range, (AddressRange{Address(0x55d0c0a00000), Address(0x55d0c0a21000)}));
  EXPECT_TRUE(code.readable && code.executable && !code.writable && !code.shared);
  EXPECT_EQ(code.file_offset, 0x2000);
  EXPECT_EQ(code.inode, 1234);
  EXPECT_EQ(code.device, DeviceNumber(0xfd, 1));
  EXPECT_EQ(code.path, "/usr/bin/x");
  EXPECT_TRUE(code.has_file() && !code.deleted);
  EXPECT_FALSE((*maps)[1].has_file());
  EXPECT_EQ((*maps)[1].path, "[stack]");
  EXPECT_TRUE((*maps)[2].shared && (*maps)[2].deleted);
  EXPECT_EQ((*maps)[2].path, "/dev/shm/a b  c");
  EXPECT_EQ((*maps)[3].path, "");
  EXPECT_FALSE((*maps)[3].readable);
  EXPECT_EQ((*maps)[4].range.end, Address(0xffffffffff601000));
}

TEST(ParseMapsTest, NamesTheLineThatIsNone) {
  std::string good = "1000-2000 r--p 00000000 00:00 0 \n";
  for (const char* bad :
       {"", "x", "1000", "1000-", "1000-2000", "1000-2000 r-", "2000-1000 r--p 0 0:0 0",
        "1000-2000 r--p", "1000-2000 r--p 0 0:0", "1000-2000 r--p 0 00 0",
        "99999999999999999-2000 r--p 0 0:0 0", "-2000 r--p 0 0:0 0"}) {
    auto maps = ParseMaps(good + bad + "\n" + good);
    EXPECT_TRUE(absl::IsInvalidArgument(maps.status())) << bad;
    EXPECT_NE(maps.status().message().find("maps:2"), std::string::npos) << maps.status();
  }
  EXPECT_TRUE(ParseMaps("").ok());
}

TEST(FindMappingTest, FindsTheOneThatHoldsTheAddress) {
  auto maps = ParseMaps("1000-2000 r--p 0 0:0 0\n3000-4000 r--p 0 0:0 0\n");
  ASSERT_TRUE(maps.ok());
  EXPECT_EQ(FindMapping(*maps, Address(0xfff)), nullptr);
  EXPECT_EQ(FindMapping(*maps, Address(0x1000)), &(*maps)[0]);
  EXPECT_EQ(FindMapping(*maps, Address(0x2000)), nullptr);
  EXPECT_EQ(FindMapping(*maps, Address(0x3fff)), &(*maps)[1]);
}

// The kernel itself writes the hostile names.
TEST(ReadMapsTest, RestoresHostileFileNames) {
  testing::TemporaryDirectory directory;
  std::string name = directory / "with space\nand newline \"><script>";
  std::ofstream(name) << std::string(4096, 'x');
  int fd = open(name.c_str(), O_RDONLY);
  ASSERT_GE(fd, 0);
  void* mapped = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  for (bool deleted : {false, true}) {
    if (deleted) unlink(name.c_str());
    auto maps = ReadMaps(static_cast<uint32_t>(getpid()));
    ASSERT_TRUE(maps.ok()) << maps.status();
    const Mapping* found = FindMapping(*maps, Address(reinterpret_cast<uint64_t>(mapped)));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->path, name);
    EXPECT_EQ(found->deleted, deleted);
  }
  munmap(mapped, 4096);
}

TEST(ReadMapsTest, NoSuchProcess) { EXPECT_TRUE(absl::IsNotFound(ReadMaps(0x7ffffff0).status())); }

}  // namespace
}  // namespace seep
