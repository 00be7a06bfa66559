#include "tests/symbolizer/elf_workshop.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <link.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>

#include "symbolizer/elf_file.h"

namespace seep {

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "seep_test_XXXXXX").string();
  directory_ = mkdtemp(pattern.data());
}

TemporaryDirectory::~TemporaryDirectory() { std::filesystem::remove_all(directory_); }

std::string FixturePath(const std::string& name) {
  return SEEP_FIXTURES "/libfixture_" + name + ".so";
}

Module ModuleOf(const std::string& path) {
  absl::StatusOr<ElfFile> file = ElfFile::Open(path);
  EXPECT_TRUE(file.ok()) << file.status();
  Module module;
  module.path = path;
  if (file.ok()) module.build_id = file->build_id();
  return module;
}

LoadedFixture::LoadedFixture(const std::string& name)
    : handle_(dlopen(FixturePath(name).c_str(), RTLD_NOW | RTLD_LOCAL)),
      module_(ModuleOf(FixturePath(name))) {
  link_map* map = nullptr;
  if (handle_ == nullptr || dlinfo(handle_, RTLD_DI_LINKMAP, &map) != 0) {
    ADD_FAILURE() << dlerror();
    abort();
  }
  module_.load_bias = map->l_addr;
}

LoadedFixture::~LoadedFixture() { dlclose(handle_); }

uint64_t LoadedFixture::Call(const std::string& function) const {
  auto* call = reinterpret_cast<uint64_t (*)()>(dlsym(handle_, function.c_str()));
  if (call == nullptr) {
    ADD_FAILURE() << dlerror();
    return 0;
  }
  return call() - module_.load_bias;
}

uint32_t LineOf(const std::string& mark) {
  std::ifstream source(SEEP_FIXTURE_SOURCES "/call_sites.cc");
  uint32_t number = 0;
  for (std::string line; std::getline(source, line);) {
    ++number;
    if (line.ends_with("mark: " + mark)) return number;
  }
  ADD_FAILURE() << "no mark " << mark;
  return 0;
}

void Objcopy(const std::vector<std::string>& arguments) {
  std::vector<char*> argv = {const_cast<char*>(SEEP_OBJCOPY)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  int status = -1;
  ASSERT_EQ(posix_spawn(&child, SEEP_OBJCOPY, nullptr, nullptr, argv.data(), environ), 0);
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0) << "objcopy " << arguments.front();
}

std::string ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteBytes(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  ASSERT_TRUE(file.good()) << path;
}

}  // namespace seep
