#include "heap/memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <vector>

#include "heap/page_map.h"
#include "heap/process_memory.h"
#include "tests/heap/child_process.h"
#include "tests/heap/fake_memory.h"

namespace seep {
namespace {

TEST(MemoryTest, ReadsWordsOrNothing) {
  testing::FakeMemory memory;
  memory.Put(0x1000, {42, 43});
  EXPECT_EQ(ReadWord(memory, Address(0x1000)), 42);
  EXPECT_EQ(ReadWord(memory, Address(0x1008)), 43);
  EXPECT_EQ(ReadWord(memory, Address(0x100c)), std::nullopt);
  EXPECT_EQ(ReadWord(memory, Address(0x2000)), std::nullopt);
}

TEST(MemoryTest, TextEndsAtItsNullByteWithinTheLimit) {
  testing::FakeMemory memory;
  std::string text(1000, 'x');
  memory.PutText(0x1000, text);
  EXPECT_EQ(ReadCString(memory, Address(0x1000), 1000), text);
  EXPECT_EQ(ReadCString(memory, Address(0x1000), 999), std::nullopt);
  EXPECT_EQ(ReadCString(memory, Address(0x1000 + 1000), 10), "");
}

TEST(MemoryTest, TextWithoutEndIsNothing) {
  testing::FakeMemory memory;
  memory.Put(0x1000, std::vector<uint64_t>(64, 0x4141414141414141));
  EXPECT_EQ(ReadCString(memory, Address(0x1000), 1 << 20), std::nullopt);
}

// Three pages of our own; the middle one is gone.
class ProcessMemoryTest : public ::testing::Test {
 protected:
  ProcessMemoryTest()
      : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))),
        pages_(static_cast<uint8_t*>(
            mmap(nullptr, 3 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    std::memset(pages_, 'a', page_);
    std::memset(pages_ + 2 * page_, 'c', page_);
    munmap(pages_ + page_, page_);
  }
  ~ProcessMemoryTest() override {
    munmap(pages_, page_);
    munmap(pages_ + 2 * page_, page_);
  }
  Address At(size_t offset) const { return Address(reinterpret_cast<uint64_t>(pages_) + offset); }

  size_t page_;
  uint8_t* pages_;
  absl::StatusOr<ProcessMemory> memory_ = ProcessMemory::Open(static_cast<uint32_t>(getpid()));
};

TEST_F(ProcessMemoryTest, ReadsUpToTheHole) {
  ASSERT_TRUE(memory_.ok()) << memory_.status();
  std::vector<uint8_t> buffer(2 * page_);
  EXPECT_EQ(memory_->Read(At(0), buffer), page_);
  EXPECT_EQ(buffer[page_ - 1], 'a');
  EXPECT_EQ(memory_->Read(At(page_), buffer), 0);
}

TEST_F(ProcessMemoryTest, ManyReadsAreIndependent) {
  ASSERT_TRUE(memory_.ok()) << memory_.status();
  // More than one system call takes; every third piece lies in the hole, every tenth reaches into
  // it.
  std::vector<std::array<uint8_t, 16>> buffers(5000);
  std::vector<MemoryPiece> pieces;
  for (size_t i = 0; i < buffers.size(); ++i) {
    size_t from = i % 3 == 0 ? page_ + 64 : i % 10 == 1 ? page_ - 4 : 2 * page_ + 8;
    pieces.push_back({.from = At(from), .out = buffers[i]});
  }
  memory_->ReadMany(pieces);
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (i % 3 == 0) {
      ASSERT_EQ(pieces[i].read, 0) << i;
    } else if (i % 10 == 1) {
      ASSERT_EQ(pieces[i].read, 4) << i;
      ASSERT_EQ(buffers[i][3], 'a') << i;
    } else {
      ASSERT_EQ(pieces[i].read, 16) << i;
      ASSERT_EQ(buffers[i][15], 'c') << i;
    }
  }
}

TEST_F(ProcessMemoryTest, PageMapKnowsWhatWasTouched) {
  absl::StatusOr<PageMap> pages = PageMap::Open(static_cast<uint32_t>(getpid()));
  ASSERT_TRUE(pages.ok()) << pages.status();
  auto* fresh = static_cast<uint8_t*>(
      mmap(nullptr, 4 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  madvise(fresh, 4 * page_, MADV_NOHUGEPAGE);
  fresh[page_] = 1;
  Address begin(reinterpret_cast<uint64_t>(fresh));
  EXPECT_FALSE(pages->IsPresent(begin, 64));
  EXPECT_TRUE(pages->IsPresent(begin + page_, 64));
  EXPECT_FALSE(pages->IsPresent(begin + 2 * page_ - 8, 64)) << "reaches into an untouched page";
  EXPECT_EQ(pages->PresentBytes({begin, begin + 4 * page_}), page_);
  munmap(fresh, 4 * page_);
}

TEST(ProcessMemoryOpenTest, SaysWhyNot) {
  pid_t gone = fork();
  if (gone == 0) _exit(0);
  ASSERT_GT(gone, 0);
  ASSERT_EQ(waitpid(gone, nullptr, 0), gone);
  absl::StatusOr<ProcessMemory> memory = ProcessMemory::Open(static_cast<uint32_t>(gone));
  EXPECT_TRUE(absl::IsNotFound(memory.status())) << memory.status();
  EXPECT_NE(memory.status().message().find(std::to_string(gone)), std::string::npos);
}

// As another user: a child that drops its privileges tries to read us.
TEST(ProcessMemoryOpenTest, NamesTheRemedy) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  pid_t child = fork();
  if (child == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(1);
    std::string message(ProcessMemory::Open(static_cast<uint32_t>(getppid())).status().ToString());
    _exit(write(fds[1], message.data(), message.size()) > 0 ? 0 : 1);
  }
  close(fds[1]);
  std::string message(4096, '\0');
  message.resize(static_cast<size_t>(std::max<ssize_t>(0, read(fds[0], message.data(), 4096))));
  close(fds[0]);
  waitpid(child, nullptr, 0);
  EXPECT_NE(message.find("PERMISSION_DENIED"), std::string::npos) << message;
  EXPECT_NE(message.find("CAP_SYS_PTRACE"), std::string::npos) << message;
  EXPECT_NE(message.find("uid 0"), std::string::npos) << message;
}

}  // namespace
}  // namespace seep
