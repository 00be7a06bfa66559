// The compiled fixtures, and the tools to take them apart.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "snapshot/module.h"

namespace seep {

// Gone, with everything in it, at the end of its scope.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string path(const std::string& name) const { return (directory_ / name).string(); }

 private:
  std::filesystem::path directory_;
};

// The path of the library fixtures/CMakeLists builds by that name: "dwarf5".
std::string FixturePath(const std::string& name);

// A library loaded into this process.
class LoadedFixture {
 public:
  explicit LoadedFixture(const std::string& name);
  ~LoadedFixture();
  LoadedFixture(const LoadedFixture&) = delete;
  LoadedFixture& operator=(const LoadedFixture&) = delete;

  const Module& module() const { return module_; }

  // Calls the exported function and makes what it returns, an address in the library, an ELF
  // virtual address.
  uint64_t Call(const std::string& function) const;

 private:
  void* handle_;
  Module module_;
};

Module ModuleOf(const std::string& path);

// The line of fixtures/call_sites.cc that ends in "mark: NAME".
uint32_t LineOf(const std::string& mark);

// binutils' objcopy; a failure fails the test.
void Objcopy(const std::vector<std::string>& arguments);

std::string ReadBytes(const std::string& path);
void WriteBytes(const std::string& path, const std::string& bytes);

}  // namespace seep
