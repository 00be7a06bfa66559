// What an ELF file says of itself, read from where it is loaded. All of it is hostile.
#pragma once

#include <elf.h>

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "heap/memory.h"

namespace seep {

// Of the 64-bit program or library whose first byte is at `start`; empty: there is none.
std::vector<Elf64_Phdr> ReadProgramHeaders(const Memory& memory, Address start);

// `bias`: runtime address − ELF virtual address. Empty: it has none, or it cannot be read.
std::vector<uint8_t> ReadElfBuildId(const Memory& memory, uint64_t bias,
                                    const std::vector<Elf64_Phdr>& headers);

}  // namespace seep
